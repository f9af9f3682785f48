/**
 * Who holds which post in Xin'an: people are ids made of their post and place.
 * The number of chiefs is the article's; every other holder is a placeholder.
 */
import type { DirectoryInput } from "@linli/core/directory";
import { appointed, BEGINNING } from "../common/places.ts";
import { staffed, xinanHierarchy } from "./places.ts";

/** The directory of Xin'an. */
export const xinanDirectory = (): DirectoryInput => {
  const { units } = xinanHierarchy();
  const at = (level: string, post: string) =>
    units.filter((unit) => unit.level === level).map((unit) => appointed(post, unit.id));
  return {
    version: "xinan-1",
    appointments: [
      ...staffed().flatMap(({ building, chiefs }) =>
        Array.from({ length: chiefs }, (_, i) => appointed("chief", building.id, i + 1)),
      ),
      ...at("microCommunity", "microHead"),
      ...at("community", "committee"),
      appointed("desk", "xinan"),
      appointed("lead", "xinan"),
    ],
    leaves: [],
    shifts: [],
    organisations: [
      {
        id: "works",
        kind: "utility",
        name: { zh: "市政设施养护单位（占位）", en: "Public works maintenance (placeholder)" },
        serviceAreas: ["xinan"],
        categories: ["safety", "manhole", "utilities", "facility"],
        members: ["works.desk"],
        from: BEGINNING,
      },
      {
        id: "judicialOffice",
        kind: "department",
        name: { zh: "司法所", en: "Judicial office" },
        serviceAreas: ["xinan"],
        categories: ["dispute", "neighbours", "family"],
        members: ["judicialOffice.desk"],
        from: BEGINNING,
      },
    ],
  };
};
