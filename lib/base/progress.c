/*
 * Progress of long work: a line on stderr that is written over again, only on a terminal and only
 * when the work has taken a second.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/base.h"

#define FIRST_US (1 * G_USEC_PER_SEC)
#define EACH_US  (G_USEC_PER_SEC / 5)

void
jp_progress_tell(jp_progress *p, const char *what, gint64 n, gint64 of)
{
	gint64 now = jp_monotonic_us();

	if (!p->next_us) {
		p->next_us = now + FIRST_US;
		p->is_shown = isatty(STDERR_FILENO);
	}
	if (!p->is_shown || now < p->next_us)
		return;
	p->next_us = now + EACH_US;
	p->has_line = TRUE;
	fprintf(stderr, "\r%s: %s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT "\033[K",
	    jp_program(), what, n, of);
	(void)fflush(stderr); /* what cannot be shown is not missed */
}

void
jp_progress_end(jp_progress *p)
{
	if (p->has_line)
		fputs("\r\033[K", stderr);
	*p = (jp_progress){0};
}
