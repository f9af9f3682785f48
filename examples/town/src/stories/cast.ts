/**
 * Who a visitor of the demonstration may be. Persons are ids made of their post, as
 * the directory of Xin'an has them, and two residents who hold none: there is no
 * login in an example, so a visitor picks one. A real host replaces this file by its
 * own accounts; see docs/guides/bring-your-users.md.
 */
import type { LocalText } from "@linli/core/data";

/** One pickable person. */
export interface CastMember {
  readonly person: string;
  readonly name: LocalText;
}

export const RESIDENT = "resident.a";
export const NEIGHBOUR = "resident.b";
export const CHIEF = "chief.yekou-3";
export const MICRO_HEAD = "microHead.micro-01";
export const COMMITTEE = "committee.zhendong";
export const DESK = "desk.xinan";
export const LEAD = "lead.xinan";

/** Everybody a demo session may be issued for, nearest to the resident first. */
export const CAST: ReadonlyArray<CastMember> = [
  { person: RESIDENT, name: { zh: "居民甲（叶口巷3号）", en: "Resident A (3 Yekou Lane)" } },
  { person: NEIGHBOUR, name: { zh: "居民乙（叶口巷3号）", en: "Resident B (3 Yekou Lane)" } },
  {
    person: CHIEF,
    name: { zh: "镇东社区叶口巷3号楼栋长", en: "Building chief, 3 Yekou Lane, Zhendong" },
  },
  { person: MICRO_HEAD, name: { zh: "微社区 01 负责人", en: "Head of micro-community 01" } },
  { person: COMMITTEE, name: { zh: "镇东社区两委工作人员", en: "Staff of Zhendong community" } },
  { person: DESK, name: { zh: "新安镇综治值班台", en: "Governance desk of Xin'an town" } },
  { person: LEAD, name: { zh: "新安镇值班领导", en: "Leader on duty of Xin'an town" } },
];

/** The member with this person id. */
export const castMember = (person: string): CastMember | undefined =>
  CAST.find((member) => member.person === person);
