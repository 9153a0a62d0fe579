/*
 * What the files of places share: gazetteer.c (names), parts.c (a text taken apart), where.c (parts
 * become a place), location.c (places of a posting).
 */
#ifndef JP_POSTING_WHERE_H
#define JP_POSTING_WHERE_H

#include "posting/internal.h"

/* ---- names (gazetteer.c); all are borrowed for ever, NULL: not known ----------------- */

typedef struct jp_gazetteer_name {
	const char *country; /* alpha-2 */
	const char *name;    /* the first spelling in the table */
} jp_gazetteer_name;

typedef struct jp_gazetteer_names { /* all that one spelling can be */
	const jp_gazetteer_name *country, *region, *city;
} jp_gazetteer_names;

/* By any usual spelling; of one that is not known all are NULL. */
jp_gazetteer_names jp_gazetteer_find(const char *text);
/* By code, upper case only.  A region's code without a country means the best-known: "CA". */
const jp_gazetteer_name *jp_gazetteer_alpha2(const char *code);
const jp_gazetteer_name *jp_gazetteer_alpha3(const char *code);
const jp_gazetteer_name *jp_gazetteer_region_code(const char *country, const char *code);

/* ---- parts (parts.c) ----------------------------------------------------------------- */

/* What stands between commas, and all that it can be: "New York" is a region and a city. */
typedef struct jp_part {
	char *text;
	const jp_gazetteer_name *country, *region, *city; /* as jp_gazetteer_names, and by codes */
	const char *code;                                 /* two upper-case letters, else NULL */
	gboolean is_us;                                   /* has "USA" in it, whatever else */
	gboolean used;
} jp_part;

/* Gives the parts of one place, of jp_part, few or none.  Free with g_array_unref. */
GArray *jp_parts_split(const char *text);
static inline jp_part *
jp_part_at(GArray *parts, guint i)
{
	return &g_array_index(parts, jp_part, i);
}

gboolean jp_has_digit(const char *text, gsize len);
/* TRUE for a text of exactly n upper-case letters. */
gboolean jp_is_code(const char *text, gsize n);

/* ---- one place (where.c) ------------------------------------------------------------- */

typedef struct jp_where {
	const char *country;
	const jp_gazetteer_name *region;
	const char *city; /* borrowed from the parts or for ever */
} jp_where;

/* Decides what the parts mean together; marks those it used. */
void jp_where_read(jp_where *place, GArray *parts);

#endif
