/** The Chinese statements of the laws from the 292nd on. */

/** By the id of the law. */
export const LATER_STATEMENTS_ZH: Readonly<Record<string, string>> = {
  "commit.atomic-whatever":
    "即使只有一项租约、一项待恢复的任务、一条日志流或其末条不成立，批次的任何部分也不出现、不生效。",
  "commit.order-of-parts": "同一批次中，任务先了结，再取消，再恢复，最后排期，各按其列表的次序。",
  "commit.batch-given-back": "提交一经答复，批次即归还调用方：此后改动它，不改变任何已存内容。",
  "stream.other-in-several":
    "一个批次含多条日志流时，每一条目都与其所在流的末条核对，每一个不符的末条都被写明。",
  "guard.each-held": "多个版本前提逐一核对，要求不存在的前提也在其中。",
  "guard.kinds-apart": "版本前提只针对其类别的行，不论其他类别中有无相同标识的行。",
  "guard.before-writes": "对本批次自身要写的行所设的版本前提，以批次之前的版本为准。",
  "receipt.other-content-first":
    "同一命令标识而内容不同的，先于任何版本核对而告知，且不动任何任务。",
  "limits.conflicts-at-bound": "数量达到上限的版本前提全都不成立时，每一个都被写明。",
  "scan.reindexed-elsewhere": "改写一行时，新版本未列出的索引中该行的旧条目也随之消失。",
  "scan.reindexed-alike": "索引键换了次序、拆开或连写的，与原来的各不相同：改写之后各按最后所写。",
  "scan.reindexed-kinds-apart": "改写或删除一行，不影响其他类别中标识相同的行的索引条目。",
  "delete.keys-stay-gone": "删除后重新建立的行，只在其新的索引键之下。",
  "scan.cursor-of-deleted": "游标所在的行已删除或已移动的，从原处继续。",
  "scan.paging-any-keys": "每页一行，可按字节次序双向走完任何文本的键与标识，空键也在其中。",
  "scan.empty-bound": "空文本与其他端点一样：止于它的范围为空，起于它的范围含全部。",
  "scan.cursor-beyond-range": "游标之后已无该范围内容的，什么也不给出，也不重复给出。",
  "feed.limit-exact": "页的大小恰等于游标之后所余条目数时，全部给出，整个日志与单条日志流都如此。",
  "feed.cursor-of-stream": "一个条目只有一个游标，单读其流与读全部时相同：整个日志可从任一处继续。",
  "feed.cursor-rests-by-stream":
    "只读一条日志流而没有新条目时，也原样返回所交的游标，不论其他流有何内容。",
  "number.versions-exact":
    "任何大小的版本号都准确比较、准确写明，无论是所要求的版本、版本前提还是日志流版本。",
  "number.instants-exact":
    "任何大小的时刻都准确保存：推迟、恢复、续租、放弃的任务，以及回执的保存期限。",
  "dead.order-of-instants": "放弃的任务按其放弃的时刻排列，不论时刻有多少位数字。",
  "settle.call-in-turn": "一次调用中的各项结果依次生效：同一租约下两项结果不同的，以第一项为准。",
  "settle.kept-through-cancel":
    "取消已完成或已放弃的任务不会忘掉其结果：再次告知同一结果仍为 Settled。",
  "lease.fair-calls-of-several":
    "每次领取的任务少于命名空间数时，各命名空间依次轮到，而不总是同几个。",
  "lease.many-namespaces": "面向所有命名空间的租约会轮到每一个，不论有多少个。",
  "dead.queue-paging":
    "一个队列的放弃的任务逐页给出，无一遗漏，不论其间有多少其他队列的放弃的任务。",
  "namespace.long-names-apart": "长度达到上限的名称在另一命名空间中同样毫无意义，与短名称无异。",
  "durable.texts-everywhere":
    "重新打开之后，凡可放文本之处，任何文本都不变：任务、放弃的任务、日志条目和回执。",
  "durable.numbers": "重新打开之后，任何大小的时刻都准确无误：任务、租约和放弃的时刻。",
  "durable.outcomes":
    "任务不论如何了结，重启之后仍知其结果：再次告知为 Settled，告知其他结果为 LeaseLost。",
  "durable.refused": "被拒绝或被重放的内容，重新打开之后也不出现。",
  "durable.cursors": "扫描和放弃的任务的游标，重新打开之后从原处继续。",
  "shared.cursors": "一个句柄给出的扫描和放弃的任务游标，可在另一句柄上继续。",
  "shared.streams": "两个句柄可轮流续写同一日志流，每次都与双方最后写入的条目核对。",
  "race.cancel-holds": "取消任务的提交一经答复，任务即已不在，即使他人此刻正在领取、续期或延后它。",
  "shared.ties": "同一时刻的任务按排期的先后排列，不论由哪个句柄排期。",
};
