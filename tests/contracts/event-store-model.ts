import type { AppendRequest } from '#commands/ports/event-store.ts';
import type { NewEvent } from '#domain/recorded-event.ts';

/** What the port says an append does, as plainly as it can be put. */
export type ModelOutcome =
  | { readonly kind: 'appended'; readonly repeated: boolean; readonly ids: readonly string[] }
  | { readonly kind: 'conflict'; readonly actualRevision: number }
  | { readonly kind: 'known_command'; readonly ids: readonly string[] };

const idsOf = (events: readonly NewEvent[]): string[] => events.map(({ id }) => id);

/** A store of nothing but lists, to compare the real ones with. */
export class EventStoreModel {
  readonly streams = new Map<string, NewEvent[]>();
  count = 0;

  revision(stream: string): number {
    return this.streams.get(stream)?.length ?? 0;
  }

  append(requests: readonly AppendRequest[]): ModelOutcome[] {
    const fallen = new Set<string>();
    return requests.map((request) => {
      const outcome = this.#settle(request, fallen.has(request.stream));
      if (outcome.kind !== 'appended') fallen.add(request.stream);
      return outcome;
    });
  }

  #settle({ stream, expectedRevision, events }: AppendRequest, fallen: boolean): ModelOutcome {
    const stored = this.streams.get(stream) ?? [];
    const ids = idsOf(events);
    const there = idsOf(stored.slice(expectedRevision, expectedRevision + events.length));
    if (there.join() === ids.join()) return { kind: 'appended', repeated: true, ids };
    const commandId = events[0]?.commandId ?? null;
    const made = stored.filter((event) => commandId !== null && event.commandId === commandId);
    if (made.length > 0) return { kind: 'known_command', ids: idsOf(made) };
    if (fallen || stored.length !== expectedRevision) {
      return { kind: 'conflict', actualRevision: stored.length };
    }
    this.streams.set(stream, [...stored, ...events]);
    this.count += events.length;
    return { kind: 'appended', repeated: false, ids };
  }
}
