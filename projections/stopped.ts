import type { EventId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';

/** An event that cannot be applied. The set stays where it was before it: skipping would show wrong money. */
export class ProjectionStopped extends Error {
  override readonly name = 'ProjectionStopped';
  readonly code = 'projection_stopped';
  readonly sequence: number;
  readonly eventId: EventId;
  readonly reason: string;
  constructor(event: RecordedEvent, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `event ${event.sequence} (${event.data.type}, ${event.id}) cannot be applied: ${reason}`,
      {
        cause,
      },
    );
    this.sequence = event.sequence;
    this.eventId = event.id;
    this.reason = reason;
  }
}
