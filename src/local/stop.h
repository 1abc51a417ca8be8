/* stop.h - being asked to end: SIGINT, SIGTERM, SIGHUP.
 *
 * Once: cancel with grace.  Twice: kill.  The third time nothing is waited for, not even
 * a loop that is stuck behind a reader who does not read: we die, the supervisors see it
 * and kill the jobs.
 */
#ifndef LOCAL_STOP_H
#define LOCAL_STOP_H

#include "base/base.h"

#include <uv.h>

/* From now on `wake` is sent each time.  Signals that we were told to ignore stay
 * ignored (nohup, background jobs of a shell).  One watch at a time. */
void stop_watch(uv_async_t *wake) NONNULL;
void stop_unwatch(void);

/* How often, up to twice. */
int stop_asked(void);
/* "interrupted", "asked to end": the last one, in words. */
const char *stop_reason(void);

#endif
