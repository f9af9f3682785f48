/** What is printed when the town stands: where it is and what to try, in both languages. */
import type { RunningTown } from "./start.ts";

/** The lines for a terminal. */
export const welcome = ({ address, town }: RunningTown): string => {
  const { firstReceipt } = town;
  const receipt = (sentence: string) => (firstReceipt === null ? [] : [sentence]);
  return [
    "",
    `  邻里 Linli · 新安镇 Xin'an        ${address}`,
    "",
    "  试试看：",
    `    反映问题      ${address}/         （例：叶口巷3号门口的窨井盖破了）`,
    `    楼栋长的清单  ${address}/desk     （先选“镇东社区叶口巷3号楼栋长”）`,
    `    公开栏        ${address}/board`,
    `    API 页面      ${address}/api      （OpenAPI：/openapi.json）`,
    ...receipt(`    凭码查询      ${address}/follow   （窨井盖的故事：${firstReceipt}）`),
    "    Ctrl-C 停止；数据会保留。身份任选，仅供演示。",
    "",
    "  Try:",
    `    report an issue      ${address}/?lang=en`,
    `    the chief's list     ${address}/desk?lang=en   (be the building chief of 3 Yekou Lane)`,
    `    the public board     ${address}/board?lang=en`,
    `    the API              ${address}/api`,
    ...receipt(`    follow the manhole   ${address}/follow?lang=en (receipt code ${firstReceipt})`),
    "    Ctrl-C stops it; the data stays. Roles are free to pick: a demonstration only.",
    "",
  ].join("\n");
};
