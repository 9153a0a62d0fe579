/* Files that the programs carry, made by lib/embed.sh at build: mail templates, word lists. */
#ifndef JP_BASE_EMBED_H
#define JP_BASE_EMBED_H

#include <stddef.h>

typedef struct jp_embedded_file {
	const char *name; /* path below lib/, "mail/digest.txt.mustache" */
	const char *data; /* NUL-terminated beyond len */
	size_t len;
} jp_embedded_file;

extern const jp_embedded_file jp_embedded[]; /* ends with a NULL name */

#endif
