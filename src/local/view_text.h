/* view_text.h - words and signs that the views have in common. */
#ifndef LOCAL_VIEW_TEXT_H
#define LOCAL_VIEW_TEXT_H

#include "local/event.h"

/* A sign of one column; ASCII unless `utf8`. */
const char *view_sign(enum job_status s, bool utf8);
/* The colour of a status, as SGR. */
const char *view_sgr(enum job_status s, bool allow_failure);

/* "350 ms", "1.2 s", "2 min 05 s", "1 h 02 min". */
void view_add_duration(struct buf *b, uint64_t us);
/* "17 B", "1.2 MB". */
void view_add_size(struct buf *b, uint64_t bytes);

/* The name of a job, harmless, with the path of its child pipeline before it. */
void view_add_job(struct buf *b, const struct run_event *e);

/* How an attempt ended, in plain words: "failed in 1.2 s: exit code 1 (log: …)". */
void view_add_outcome(struct buf *b, const struct run_event *e);

/* Takes a line of output as it is shown: without section markers, and of text that
 * was overwritten by carriage returns only what stood there last.  False when the
 * line was nothing but markers.  The result points into `scratch` or `line`. */
bool view_clean_line(str *line, struct buf *scratch);

#endif
