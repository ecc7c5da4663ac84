/** What of an event a seal binds; everything else the log keeps is repeated in the body. */
export type SealedEvent = {
  readonly sequence: number;
  readonly stream: string;
  readonly revision: number;
  readonly hash: string;
  readonly body: string;
};

/** How `leafText` is put together, for who reads a proof. Goes with version 1 of the seal's text. */
export const leafRule =
  'UTF-8 of sequence, stream, revision, hash and body, in this order, joined by single line feeds (U+000A)';

/**
 * The data of an event's leaf. None of the parts holds a line feed (a body is JSON text on one line), so that one
 * text is one event.
 */
export const leafText = ({ sequence, stream, revision, hash, body }: SealedEvent): string =>
  `${sequence}\n${stream}\n${revision}\n${hash}\n${body}`;

/** Whether the text stands for this event alone. */
export const isOneLeaf = (event: SealedEvent): boolean => leafText(event).split('\n').length === 5;
