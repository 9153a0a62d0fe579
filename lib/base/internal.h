/* What the files of base share with each other and nobody else. */
#ifndef JP_BASE_INTERNAL_H
#define JP_BASE_INTERNAL_H

#include "base/base.h"

/* signal.c: handlers for SIGINT and SIGTERM, SIGPIPE ignored. */
void jp_signal_init(void);
/* clock.c: freezes the clock when JP_CLOCK is set; FALSE if it is no RFC 3339 time. */
gboolean jp_clock_init(void);
/* cli.c and help.c */
gboolean jp_cli_takes_value(const struct jp_opt *opt);
/* Writes the help of one verb, or of the whole program (verb NULL), to stdout. */
void jp_cli_help(const struct jp_cli *cli, const struct jp_verb *verb);

/* ---- JSON read in one pass (jsonread.c) ---------------------------------------------- */

/* Reads `text`, which is UTF-8; NULL: what is *wrong, and *where in it. */
jp_json *jp_json_read_text(const char *text, gsize len, const char **wrong, const char **where);

#endif
