/** Branches of the category tree that every shipped charter has. */
import { because, numbers, rule, signpost, text, within } from "@linli/core/charter";
import type { Category, Rule } from "@linli/core/charter";

/** Danger to life or property, with China's emergency numbers (110, 119, 120, 122). */
export const dangerCategories: ReadonlyArray<Category> = [
  {
    id: "danger",
    name: text("生命财产危险", "Danger to life or property"),
    lifeDanger: true,
    words: [
      ...["被困", "困人", "触电", "溺水", "落水", "坠楼", "跳楼", "轻生", "爆炸"],
      ...["trapped", "electrocuted", "drowning", "suicide", "explosion"],
    ],
    emergency: numbers(
      text(
        "先保证自身安全，立即拨打：报警110，火警119，急救120，交通事故122。",
        "Get to safety and call at once: police 110, fire 119, ambulance 120, traffic accidents 122.",
      ),
      "110",
      "119",
      "120",
      "122",
    ),
  },
  {
    id: "fire",
    parent: "danger",
    name: text("火情与燃气泄漏", "Fire or a gas leak"),
    words: [
      ...[
        "着火",
        "起火",
        "失火",
        "火灾",
        "冒烟",
        "燃气泄漏",
        "煤气泄漏",
        "漏气",
        "煤气味",
        "燃气味",
      ],
      ...["on fire", "fire on the", "fire in the", "fire at", "a fire", "smoke", "gas leak"],
      ...["smell of gas", "smell gas"],
    ],
    emergency: numbers(
      text(
        "立即撤离并拨打119；燃气泄漏时不要开关电器。",
        "Leave at once and call 119; with a gas leak touch no switch.",
      ),
      "119",
    ),
  },
  {
    id: "medical",
    parent: "danger",
    name: text("人员伤病", "Somebody hurt or gravely ill"),
    words: [
      ...["晕倒", "昏迷", "受伤", "急病", "没有呼吸", "心脏病", "流血不止", "摔伤"],
      ...["unconscious", "fainted", "injured", "heart attack", "bleeding", "not breathing"],
    ],
    emergency: numbers(text("立即拨打120。", "Call 120 at once."), "120"),
  },
  {
    id: "crime",
    parent: "danger",
    name: text("正在发生的违法犯罪", "A crime under way"),
    visibility: "sealed",
    words: [
      ...["打人", "打架", "持刀", "行凶", "抢劫", "入室盗窃", "家暴"],
      ...["robbery", "burglar", "with a knife", "being beaten", "domestic violence"],
    ],
    emergency: numbers(
      text("保证自身安全，立即拨打110。", "Get to safety and call 110 at once."),
      "110",
    ),
  },
  {
    id: "traffic",
    parent: "danger",
    name: text("交通事故", "A traffic accident"),
    words: ["车祸", "撞车", "交通事故", "traffic accident", "car accident", "car crash"],
    emergency: numbers(
      text(
        "立即拨打122；有人受伤同时拨打120。",
        "Call 122 at once; 120 as well if anybody is hurt.",
      ),
      "122",
      "120",
    ),
  },
];

/** What belongs to others by law. */
export const elsewhereCategories: ReadonlyArray<Category> = [
  {
    id: "elsewhere",
    name: text("应由其他渠道办理", "For other channels"),
    visibility: "parties",
  },
  {
    id: "litigation",
    parent: "elsewhere",
    name: text("诉讼、执行", "Lawsuits and enforcement"),
    words: ["起诉", "判决", "强制执行"],
  },
  {
    id: "labourDispute",
    parent: "elsewhere",
    name: text("劳动争议", "Labour disputes"),
    words: ["劳动仲裁", "拖欠工资"],
  },
  {
    id: "petition",
    parent: "elsewhere",
    name: text("信访事项", "Petitions"),
    words: ["信访", "上访"],
  },
  {
    id: "otherArea",
    parent: "elsewhere",
    name: text("不属于本辖区的诉求", "Matters of another area"),
  },
];

/** The rules that point to those channels; a signpost is not a decline. */
export const elsewhereRules: ReadonlyArray<Rule> = [
  rule("signpost.court", {
    when: { category: within("litigation") },
    then: signpost(
      "court",
      text(
        "已进入或应当通过诉讼、执行程序解决的事项，请向人民法院提出；需要帮助的，可向司法所、人民调解委员会咨询。",
        "What is before a court, or must be decided by one, goes to the people's court; the judicial office and the people's mediators can advise.",
      ),
    ),
    because: because("裁判属于人民法院", "Only a court may judge"),
    tests: [
      {
        name: "a judgment to enforce",
        facts: { category: "litigation" },
        expect: { course: "signpost", rule: "signpost.court" },
      },
    ],
  }),
  rule("signpost.arbitration", {
    when: { category: within("labourDispute") },
    then: signpost(
      "arbitration",
      text(
        "劳动争议请向劳动人事争议仲裁委员会申请仲裁。",
        "Take a labour dispute to the labour and personnel dispute arbitration commission.",
      ),
    ),
    because: because("劳动争议先行仲裁", "Labour disputes go to arbitration first"),
    tests: [
      {
        name: "unpaid wages",
        facts: { category: "labourDispute", severity: "critical" },
        expect: { course: "signpost", rule: "signpost.arbitration" },
      },
    ],
  }),
  rule("signpost.petition", {
    when: { category: within("petition") },
    then: signpost(
      "petition",
      text(
        "信访事项请向信访部门提出，由其登记、转送并按程序答复。",
        "Take a petition to the petitions office, which registers, forwards and answers it by its own procedure.",
      ),
    ),
    because: because(
      "信访有法定程序和期限",
      "Petitions have a procedure and limits of their own",
      "信访工作条例 22, 34-36",
    ),
    tests: [
      {
        name: "a petition",
        facts: { category: "petition" },
        expect: { course: "signpost", rule: "signpost.petition" },
      },
    ],
  }),
  rule("signpost.hotline", {
    when: { category: within("elsewhere") },
    then: signpost(
      "hotline",
      text(
        "不属于本辖区的诉求，请拨打12345政务服务便民热线。",
        "For another area, call the public service hotline 12345.",
      ),
    ),
    because: because(
      "由热线派给有管辖权的单位",
      "The hotline hands it to whoever is in charge there",
    ),
    tests: [
      {
        name: "another town",
        facts: { category: "otherArea" },
        expect: { course: "signpost", rule: "signpost.hotline" },
      },
    ],
  }),
];
