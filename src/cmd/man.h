/* man.h - manual pages and the reference, made from the command table. */
#ifndef CMD_MAN_H
#define CMD_MAN_H

#include "base/buf.h"
#include "cmd/cmd.h"

/* Source of a page for man(7): of a command, or of slipway itself for NULL. */
void man_page(struct buf *b, const struct cmd *c);

/* Markdown: of a command, or the reference of all of them for NULL. */
void man_markdown(struct buf *b, const struct cmd *c);

#endif
