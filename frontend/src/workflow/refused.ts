/** Why an edit cannot be done (any more), in a sentence for the author. */
export class Refused extends Error {}
