/** The charters of real places as Linli data. */
export {};
