/** Short stories from three of the places, told through the public API. */
import { tellBeyondBuilding } from "./beyondBuilding.ts";
import { tellComplaint } from "./complaint.ts";
import { tellCorridorLight } from "./corridorLight.ts";
import { tellLeak } from "./leak.ts";
import { tellManhole } from "./manhole.ts";
import { tellNightLeave } from "./nightLeave.ts";
import { print } from "./stage.ts";

print(await tellManhole());
print(await tellCorridorLight());
print(await tellLeak());
print(await tellBeyondBuilding());
print(await tellComplaint());
print(await tellNightLeave());
