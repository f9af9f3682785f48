/** Short stories from the five places, told in code. */
export {};
