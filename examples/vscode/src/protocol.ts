// The types of the protocol; an extension of your own copies protocol/typescript/index.d.ts here.
export type { ErrorObject, Methods, ProgressValue } from "../../../protocol/typescript/index";
