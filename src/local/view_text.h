/* view_text.h - words and signs that the views have in common. */
#ifndef LOCAL_VIEW_TEXT_H
#define LOCAL_VIEW_TEXT_H

#include "local/event.h"

/* The name of a job, harmless, with the path of its child pipeline before it. */
void view_add_job(struct buf *b, const struct run_event *e);

/* How an attempt ended, in plain words: "failed in 1.2 s: exit code 1 (log: …)". */
void view_add_outcome(struct buf *b, const struct run_event *e);

/* Takes a line of output as it is shown: without section markers, and of text that
 * was overwritten by carriage returns only what stood there last.  False when the
 * line was nothing but markers.  The result points into `scratch` or `line`. */
bool view_clean_line(str *line, struct buf *scratch);

#endif
