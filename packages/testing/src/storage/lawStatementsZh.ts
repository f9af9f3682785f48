/** What each law says, in Chinese; English stands with the law itself. */
export const STATEMENTS_ZH: Readonly<Record<string, string>> = {};
