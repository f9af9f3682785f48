/** What people in Xin'an may report; the tree is ours, the article gives examples only. */
import { text } from "@linli/core/charter";
import type { Category } from "@linli/core/charter";
import { dangerCategories, elsewhereCategories } from "../common/categories.ts";

export const categories: ReadonlyArray<Category> = [
  { id: "other", name: text("其他事项", "Other matters") },
  ...dangerCategories,
  {
    id: "safety",
    name: text("公共安全隐患", "Hazards to the public"),
    words: ["安全隐患", "hazard"],
  },
  {
    id: "manhole",
    parent: "safety",
    name: text("窨井盖缺损", "Missing or broken manhole cover"),
    words: ["窨井盖", "井盖", "manhole"],
  },
  {
    id: "charging",
    parent: "safety",
    name: text("飞线充电", "Charging by wires out of windows"),
    words: ["飞线", "飞线充电", "charging"],
  },
  {
    id: "escape",
    parent: "safety",
    name: text("消防通道堵塞", "Blocked escape routes"),
    words: ["消防通道", "楼道堆物", "escape route", "fire exit", "fire escape"],
  },
  {
    id: "utilities",
    name: text("水电气热", "Water, power, gas, heat"),
    words: ["停水", "停电", "停气", "水管漏", "漏水", "power cut", "no water", "water leak"],
  },
  {
    id: "cleaning",
    name: text("环境卫生", "Cleaning and waste"),
    words: ["垃圾", "积水", "卫生", "garbage", "rubbish", "waste"],
  },
  {
    id: "facility",
    name: text("公共设施维修", "Repairs of what is shared"),
    words: ["楼道灯", "路灯", "单元门", "下水道", "lamp", "light is", "lights are", "drain"],
  },
  {
    id: "dispute",
    name: text("矛盾纠纷", "Disputes"),
    visibility: "parties",
    words: ["纠纷", "争吵", "quarrel"],
  },
  {
    id: "neighbours",
    parent: "dispute",
    name: text("邻里纠纷", "Between neighbours"),
    words: ["邻居", "噪音", "占道", "neighbour", "noise"],
  },
  {
    id: "family",
    parent: "dispute",
    name: text("家庭矛盾", "Within a family"),
    visibility: "sealed",
    words: ["夫妻", "婆媳"],
  },
  {
    id: "errand",
    name: text("便民代办", "Errands"),
    visibility: "parties",
    words: ["代办", "帮我办", "errand"],
  },
  {
    id: "care",
    name: text("特殊群体帮扶", "Help for people in need"),
    visibility: "sealed",
    words: ["独居老人", "残疾人", "困难户"],
  },
  {
    id: "common",
    name: text("公共收益与共用空间", "Common money and shared space"),
    words: ["公共收益", "维修资金", "加装电梯", "公共空间"],
  },
  {
    id: "conduct",
    name: text("反映楼栋长或工作人员", "A complaint about a chief or an official"),
    visibility: "sealed",
    words: ["投诉楼栋长", "不作为", "态度恶劣"],
  },
  ...elsewhereCategories,
];
