/*
 * A place as postings write it is taken apart: work models, postal codes and punctuation go, and
 * each part that is left is looked up.
 */
#include <string.h>

#include "base/base.h"
#include "posting/where.h"

/* ---- parts of a place ---------------------------------------------------------------- */

static void
part_clear(gpointer data)
{
	g_free(((jp_part *)data)->text);
}

/* Words that say how one works rather than where, or nothing at all. */
static const char *const model_words[] = {
    "remote|remotely|hybrid|onsite|fully|virtual|distributed|anywhere|worldwide|"
    "global|globally|homeoffice|telework|telecommute|wfh|teletravail|teletrabajo|"
    "remoto|remota|hibrido|hybride|flexible|distans|presencial|thuiswerken|eligible|"
    "possible|optional|only|based|friendly|first|office|offices|in|within|from|"
    "home|work|working|on|site|the|or|and|position|role|job|100|hq|headquarters|"
    "headquarter|hauptsitz|zentrale|siege|campus|corporate|location|locations|"
    "multiple|various|several|all|any|other|tbd|na|n|a|default|none|to|be|"
    "determined|option|options|available|day|days|per|week|und|mobil|regional|"
    "local|oder|ou|more"};

static const jp_phrases *
models(void)
{
	static const jp_phrases *once;

	return jp_phrases_of_lists(&once, model_words, G_N_ELEMENTS(model_words));
}

gboolean
jp_has_digit(const char *text, gsize len)
{
	for (gsize i = 0; i < len; i++)
		if (g_ascii_isdigit(text[i]))
			return TRUE;
	return FALSE;
}

gboolean
jp_is_code(const char *text, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!g_ascii_isupper(text[i]))
			return FALSE;
	return text[n] == '\0';
}

/* The only token is two upper-case letters: "IN" and "OR" are states, not words. */
static gboolean
is_short_code(const char *text, const jp_tokens *t)
{
	const jp_token *token = &t->items[0];

	return token->len == 2 && g_ascii_isupper(text[token->start]) &&
	    g_ascii_isupper(text[token->start + 1]);
}

/* TRUE for a word that is no name: a work model, or a number with whatever it is glued to. */
static gboolean
is_filler(const char *text, const jp_tokens *t, guint i)
{
	const jp_token *token = &t->items[i];
	guint64 value;

	return jp_phrases_at(models(), t, i, &value) > 0 ||
	    jp_has_digit(text + token->start, token->len);
}

/* Takes work models and postal codes off both ends: "Remote US" -> "US", "NY 11232" -> "NY",
 * "10115 Berlin" -> "Berlin".  NULL when nothing is left; free with g_free. */
static char *
stripped(const char *text, gsize len)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	guint from = 0, to;
	gsize start;

	jp_tokens_parse(&t, text, (gssize)len);
	to = t.n;
	if (to == 1 && is_short_code(text, &t))
		return g_strndup(text + t.items[0].start, 2);
	while (from < to && is_filler(text, &t, from))
		from++;
	while (from < to && is_filler(text, &t, to - 1))
		to--;
	if (from == to)
		return NULL;
	start = t.items[from].start;
	/* Up to the next token or the end, so that "D.C." keeps its dot. */
	if (to < t.n) {
		const jp_token *last = &t.items[to - 1];

		len = last->start + last->len;
	}
	return g_strstrip(g_strndup(text + start, len - start));
}

/* What a part can be.  `had_digits`: a postal code was taken off it. */
static void
recognise(jp_part *part, gboolean is_first, gboolean had_digits)
{
	const jp_gazetteer_names names = jp_gazetteer_find(part->text);

	part->country = names.country;
	part->region = names.region;
	part->city = names.city;
	part->is_us = strstr(part->text, "USA") != NULL;
	/* "NY 11232" has a state's code; "5613 AM" has no country's. */
	if (jp_is_code(part->text, 2) &&
	    (!had_digits || jp_gazetteer_region_code(NULL, part->text)))
		part->code = part->text;
	if (!part->country && jp_is_code(part->text, 3))
		part->country = jp_gazetteer_alpha3(part->text);
	if (!part->region && !is_first && jp_is_code(part->text, 3))
		part->region = jp_gazetteer_region_code(NULL, part->text);
}

/* Length of the text before a state's code at its end ("Oakdale MN", "Sydney NSW"); 0: none. */
static gsize
before_code(const char *text)
{
	const char *last = strrchr(text, ' ');
	jp_gazetteer_names names;

	if (!last || last == text || (!jp_is_code(last + 1, 2) && !jp_is_code(last + 1, 3)) ||
	    !jp_gazetteer_region_code(NULL, last + 1))
		return 0;
	names = jp_gazetteer_find(text);
	return names.city || names.region ? 0 : (gsize)(last - text);
}

static void
add_part(GArray *parts, const char *text, gsize len)
{
	jp_part part = {.text = stripped(text, len)};
	gsize n = part.text ? strlen(part.text) : 0;
	gboolean had_digits = jp_has_digit(text, len);

	/* What is left of "L-1274" or "SW1A 2AA" is nothing; nor is "Any city". */
	if (n == 0 || parts->len >= 8 || (n < 3 && had_digits && !jp_is_code(part.text, 2)) ||
	    g_ascii_strcasecmp(part.text, "city") == 0) {
		g_free(part.text);
		return;
	}
	len = before_code(part.text);
	if (len) {
		add_part(parts, part.text, len);
		add_part(parts, part.text + len + 1, n - len - 1);
		g_free(part.text);
		return;
	}
	recognise(&part, parts->len == 0, had_digits);
	g_array_append_val(parts, part);
}

/* Length of what separates parts at p, 0 for none.  A dash needs blanks around it. */
static gsize
separator(const char *start, const char *p)
{
	if (strchr(",()[]:|", *p))
		return 1;
	if (p > start && p[-1] == ' ') {
		if (*p == '-' && p[1] == ' ')
			return 1;
		if (g_str_has_prefix(p, "\342\200\223 ") || g_str_has_prefix(p, "\342\200\224 "))
			return 3;
	}
	return 0;
}

GArray *
jp_parts_split(const char *text)
{
	GArray *parts = g_array_new(FALSE, FALSE, sizeof(jp_part));
	const char *from = text, *p;
	gboolean dashed = FALSE; /* dashes without blanks separate from here on */

	g_array_set_clear_func(parts, part_clear);
	/* "Korea (Republic of)" */
	if (strpbrk(text, ",()[]:|- ") && jp_gazetteer_find(text).country) {
		add_part(parts, text, strlen(text));
		return parts;
	}
	for (p = text; *p; p++) {
		gsize len = separator(from, p);
		gboolean is_prefix = dashed && *p == '-';

		/* "US-Remote", "UK-London": a dash after a country or a state. */
		if (len == 0 && !is_prefix && *p == '-' && p > text && p[1] && p[1] != ' ' &&
		    p[-1] != ' ') {
			g_autofree char *head = g_strndup(from, (gsize)(p - from));
			const jp_gazetteer_names names = jp_gazetteer_find(head);

			is_prefix = names.country || names.region ||
			    jp_remote_of_place(head) != JP_REMOTE_UNKNOWN ||
			    (jp_is_code(head, 2) && jp_gazetteer_alpha2(head));
			dashed = is_prefix;
		}
		if (len == 0 && !is_prefix)
			continue;
		add_part(parts, from, (gsize)(p - from));
		p += (len ? len : 1) - 1;
		from = p + 1;
	}
	add_part(parts, from, (gsize)(p - from));
	return parts;
}
