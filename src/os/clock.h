/* clock.h - what time it is, in microseconds.
 *
 * Wall time is for people and logs and may jump; monotonic time is for
 * durations and deadlines and may not.  Nothing below `os` reads a clock.
 */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include "base/buf.h"

uint64_t clock_wall_us(void); /* since 1970-01-01 UTC */
uint64_t clock_mono_us(void); /* since some fixed instant, never 0 */

/* Milliseconds to give poll(2) until the monotonic instant `deadline_us`, rounded
 * up, so that poll does not return early; 0 when it has passed, -1 for 0 (never). */
int clock_poll_ms(uint64_t deadline_us);

/* ISO 8601 in UTC with so many digits of a second's fraction (0 to 6):
 * "2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000123Z". */
#define CLOCK_ISO_MAX 32
size_t clock_iso8601(char out[CLOCK_ISO_MAX], uint64_t wall_us, unsigned digits) NONNULL;
void clock_add_iso8601(struct buf *b, uint64_t wall_us, unsigned digits) NONNULL;

#endif
