/** Chinese public holidays and make-up working days as a Linli calendar. */
export {};
