// The packages that promise Node 20 load on each supported Node.
import entries from "../entries.cjs";

const portable = ["core", "charters", "calendar-cn", "notify-webhook", "notify-console"];
for (const entry of entries.entriesOf(...portable)) await import(entry);
