/*
 * A line or two of a posting's description that tell of the work: the first sentence-like paragraph
 * that does not stand under a heading about the company, else items of a list, else what there is.
 * Descriptions come as lines of text: headings, paragraphs, and items that begin with "- ".  Pure.
 */
#include "mail/internal.h"

#include <string.h>

#define MAX_LINES   400 /* further down nothing introduces the work */
#define MIN_PROSE   50  /* columns; what is shorter is a heading or a label */
#define MAX_HEADING 60
#define MAX_ITEMS   3

typedef struct search {
	const char *company;       /* folded */
	gboolean is_about_company; /* the heading that the lines stand under */
	char *prose, *other_prose; /* the first of each kind */
	GString *items;
	guint n_items;
} search;

/* Headings that introduce the company instead of the work, folded. */
static const char *const company_headings[] = {"about us", "about the company", "who we are",
    "our company", "our story", "our mission", "company description", "uber uns", "wer wir sind",
    "a propos", "qui sommes-nous", "sobre nosotros", "quienes somos", "over ons", "wie zijn wij",
    "sobre nos", "chi siamo", "om oss", "om os", "equal opportunity", "privacy"};

static gboolean
is_company_heading(const search *s, const char *line)
{
	g_autofree char *folded = jp_text_fold(line);
	g_autofree char *about = g_strconcat("about ", s->company, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(company_headings); i++)
		if (strstr(folded, company_headings[i]))
			return TRUE;
	return *s->company && strstr(folded, about);
}

static gboolean
ends_sentence(const char *line)
{
	static const char *const ends[] = {".", "!", "?", "…", "。", "！", "？", ".\"", ".)"};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(line, ends[i]))
			return TRUE;
	return FALSE;
}

static void
take_item(search *s, const char *item)
{
	gsize len = strlen(item);

	if (s->is_about_company || !len || s->n_items++ >= MAX_ITEMS)
		return;
	if (s->items->len)
		g_string_append(s->items, "; ");
	g_string_append_len(s->items, item, (gssize)(strchr(".;,", item[len - 1]) ? len - 1 : len));
}

/* What is paid is shown already, where it is known. */
static gboolean
tells_pay(const char *line)
{
	static const char *const signs[] = {"$", "€", "£"};

	for (gsize i = 0; i < G_N_ELEMENTS(signs); i++)
		if (strstr(line, signs[i]) && strpbrk(line, "0123456789"))
			return TRUE;
	return FALSE;
}

static void
take_line(search *s, const char *line)
{
	gsize width = jp_text_width(line);
	char **kept = s->is_about_company || tells_pay(line) ? &s->other_prose : &s->prose;

	if (g_str_has_prefix(line, "- "))
		take_item(s, line + 2);
	else if (width >= MIN_PROSE && ends_sentence(line))
		*kept = *kept ? *kept : g_strdup(line);
	else if (width <= MAX_HEADING && !ends_sentence(line))
		s->is_about_company = is_company_heading(s, line);
}

/* Cut between words where there are words. */
static char *
cut(const char *text, guint columns)
{
	g_autofree char *s = jp_text_cut(text, columns);
	char *blank = strrchr(s, ' ');

	if (strcmp(s, text) == 0 || !blank || jp_text_width(blank) > 20)
		return g_steal_pointer(&s);
	while (blank > s && strchr(" ,;:-", blank[-1]))
		blank--;
	*blank = '\0';
	return g_strconcat(s, " …", NULL);
}

static void
scan(search *s, const char *description)
{
	guint n = 0;

	for (const char *p = description, *end; *p && n++ < MAX_LINES && !s->prose; p = end) {
		g_autofree char *line = NULL;

		end = strchrnul(p, '\n');
		line = jp_text_clean(p, end - p, JP_MAX_URL, FALSE);
		if (*line)
			take_line(s, line);
		end += *end != '\0';
	}
}

char *
jp_snippet_make(const char *description, const char *company, guint columns)
{
	g_autofree char *folded = jp_text_fold(company ? company : "");
	search s = {.company = folded, .items = g_string_new(NULL)};
	g_autofree char *whole = NULL;
	char *snippet;

	if (!description)
		description = "";
	scan(&s, description);
	if (s.prose)
		snippet = cut(s.prose, columns);
	else if (s.items->len)
		snippet = cut(s.items->str, columns);
	else if (s.other_prose)
		snippet = cut(s.other_prose, columns);
	else {
		whole = jp_text_clean(description, -1, JP_MAX_URL, FALSE);
		snippet = cut(whole, columns);
	}
	g_free(s.prose);
	g_free(s.other_prose);
	g_string_free(s.items, TRUE);
	return snippet;
}
