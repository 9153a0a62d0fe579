/*
 * Skills: canonical names and aliases are in skills.tsv; a text's are found in one pass over its
 * tokens.  Words that are skills only sometimes ("Go", "Excel", "R") are marked there and must be
 * written as the table writes them, in a place that speaks for the skill: precision before recall.
 */
#include <string.h>

#include "posting/internal.h"

/* How sure a spelling must be made, by the mark before it in the table. */
enum mark {
	PLAIN,  /* no mark: always the skill */
	CASED,  /* ~: as written, and not the first word of a sentence or in a list */
	LISTED, /* !: as written, in a list, another skill near */
};

struct alias {
	const char *skill; /* canonical */
	const char *as_written;
	enum mark mark;
};

struct table {
	jp_phrases *phrases; /* value: number in aliases, from 1 */
	GArray *aliases;     /* of struct alias */
	char *text;          /* what the names are borrowed from */
};

/* Tokens around a LISTED spelling in which another skill must be. */
#define NEAR 8
/* Spellings found in most texts. */
#define FEW_HITS 32

static void
add_alias(struct table *t, const char *skill, const char *spelling)
{
	struct alias alias = {.skill = skill, .as_written = spelling};

	if (*spelling == '~' || *spelling == '!') {
		alias.mark = *spelling == '~' ? CASED : LISTED;
		alias.as_written++;
	}
	g_array_append_val(t->aliases, alias);
	jp_phrases_add(t->phrases, alias.as_written, t->aliases->len);
}

static void
add_line(struct table *t, char *line)
{
	char *fields[32];
	guint n = 0;
	const char *skill;

	for (char *p = line; p && n < G_N_ELEMENTS(fields); n++) {
		fields[n] = p;
		p = strchr(p, '\t');
		if (p)
			*p++ = '\0';
	}
	/* The canonical name is a spelling too, unless it says that it is not. */
	skill = fields[0] + (*fields[0] == '=');
	for (guint i = *fields[0] == '=' ? 1 : 0; i < n; i++)
		add_alias(t, skill, fields[i]);
}

static const struct table *
table(void)
{
	static const struct table *once;

	if (g_once_init_enter(&once)) {
		struct table *t = g_new0(struct table, 1);

		t->text = g_strdup(jp_embedded_text("posting/skills.tsv"));
		t->aliases = g_array_new(FALSE, FALSE, sizeof(struct alias));
		t->phrases = jp_phrases_new(4096);
		for (char *line = t->text; line && *line;) {
			char *next = strchr(line, '\n');

			if (next)
				*next++ = '\0';
			if (*line != '#' && *line)
				add_line(t, line);
			line = next;
		}
		g_once_init_leave(&once, t);
	}
	return once;
}

const char *
jp_skill_read(const char *text)
{
	g_auto(jp_tokens) tokens = JP_TOKENS_INIT;
	const struct table *t = table();
	guint64 value = 0;

	if (!text || strnlen(text, 101) > 100)
		return NULL;
	jp_tokens_parse(&tokens, text, -1);
	if (tokens.n == 0 || jp_phrases_at(t->phrases, &tokens, 0, &value) != tokens.n)
		return NULL;
	return g_array_index(t->aliases, struct alias, value - 1).skill;
}

/* ---- in a text ----------------------------------------------------------------------- */

struct hit {
	guint from, n; /* tokens */
	const struct alias *alias;
	gboolean counts;
};

static const jp_token *
token(const jp_tokens *t, guint i)
{
	return &t->items[i];
}

/* The first byte before the hit that is no blank; '\n' at the start of a line or the text. */
static char
before(const jp_tokens *t, const char *text, const struct hit *h)
{
	gsize i = token(t, h->from)->start;

	while (i > 0 && text[i - 1] == ' ')
		i--;
	return i > 0 ? text[i - 1] : '\n';
}

static char
after(const jp_tokens *t, const char *text, const struct hit *h)
{
	const jp_token *last = token(t, h->from + h->n - 1);
	gsize i = last->start + last->len;

	while (text[i] == ' ')
		i++;
	return text[i] ? text[i] : '\n';
}

static gboolean
is_as_written(const jp_tokens *t, const char *text, const struct hit *h)
{
	const char *written = text + token(t, h->from)->start;

	return strncmp(written, h->alias->as_written, strlen(h->alias->as_written)) == 0;
}

/* Between commas, slashes or brackets, or alone on its line. */
static gboolean
is_listed(const jp_tokens *t, const char *text, const struct hit *h)
{
	char left = before(t, text, h), right = after(t, text, h);

	if (left == '\n' && right == '\n')
		return TRUE;
	return strchr(",/(;|", left) || (strchr(",/);|", right) && left != '\n' && left != '.');
}

static gboolean
has_neighbour(GArray *hits, guint i)
{
	const struct hit *h = &g_array_index(hits, struct hit, i);

	for (guint k = i > 4 ? i - 4 : 0; k < hits->len && k <= i + 4; k++) {
		const struct hit *other = &g_array_index(hits, struct hit, k);
		guint gap = other->from > h->from ? other->from - h->from : h->from - other->from;

		if (k != i && gap <= NEAR && other->alias->mark == PLAIN)
			return TRUE;
	}
	return FALSE;
}

/* Whether the hit is the skill, by its mark. */
static gboolean
counts(const jp_tokens *t, const char *text, GArray *hits, guint i)
{
	const struct hit *h = &g_array_index(hits, struct hit, i);

	switch (h->alias->mark) {
	case PLAIN:
		return TRUE;
	case CASED:
		return is_as_written(t, text, h) &&
		    (is_listed(t, text, h) || !strchr("\n.!?:-*", before(t, text, h)));
	case LISTED:
		return is_as_written(t, text, h) && is_listed(t, text, h) && has_neighbour(hits, i);
	}
	return FALSE;
}

static GArray *
find_hits(const jp_tokens *t)
{
	const struct table *table_ = table();
	GArray *hits = g_array_sized_new(FALSE, FALSE, sizeof(struct hit), FEW_HITS);

	for (guint i = 0; (i = jp_phrases_next(table_->phrases, t, i)) < t->n;) {
		guint64 value = 0;
		struct hit h = {.from = i, .n = jp_phrases_at(table_->phrases, t, i, &value)};

		if (h.n > 0) {
			h.alias = &g_array_index(table_->aliases, struct alias, value - 1);
			g_array_append_val(hits, h);
		}
		i += MAX(h.n, 1);
	}
	return hits;
}

GPtrArray *
jp_skills_in(const jp_tokens *tokens, const char *text)
{
	g_autoptr(GArray) hits = find_hits(tokens);
	GPtrArray *found = g_ptr_array_sized_new(FEW_HITS);

	for (guint i = 0; i < hits->len; i++) {
		const char *skill = g_array_index(hits, struct hit, i).alias->skill;

		if (!g_ptr_array_find(found, skill, NULL) && counts(tokens, text, hits, i))
			g_ptr_array_add(found, (gpointer)skill);
	}
	return found;
}

GPtrArray *
jp_skills_find(const char *text)
{
	g_auto(jp_tokens) tokens = JP_TOKENS_INIT;

	jp_tokens_parse(&tokens, text, -1);
	return jp_skills_in(&tokens, text);
}
