/*
 * The compiled form of a search, read: its conditions, the nodes of its query, and both as text.
 */
#include "match/internal.h"

guint32
jp_code_pack(const char *text)
{
	guint32 code = 0;

	for (int i = 0; i < 4 && text[i]; i++)
		code = code << 8 | (guchar)text[i];
	return code;
}

const guint32 *
jp_code_find(const jp_matcher *m, const jp_entry *e, jp_cond kind, guint *n)
{
	const guint32 *p = &g_array_index(m->code, guint32, e->code);

	for (; (*p & 255) != JP_COND_END; p += 1 + (*p >> 8))
		if ((*p & 255) == (guint32)kind) {
			*n = *p >> 8;
			return p + 1;
		}
	*n = 0;
	return NULL;
}

gboolean
jp_code_is_positive(const guint32 *node)
{
	const guint32 *end_of = node + jp_code_value(*node);

	switch (jp_code_kind(*node)) {
	case JP_NODE_TERM:
		return TRUE;
	case JP_NODE_NOT:
		return FALSE;
	case JP_NODE_AND:
	case JP_NODE_OR:
		break;
	}
	for (const guint32 *p = node + 1; p < end_of; p = jp_code_next(p))
		if (jp_code_is_positive(p))
			return TRUE;
	return FALSE;
}

void
jp_term_write(GString *out, const jp_matcher *m, guint32 term)
{
	const jp_term *t = JP_TERM(m, term);
	g_autoptr(GPtrArray) words = NULL;

	if (!t->n_words) {
		const char *name[] = {t->name, NULL};

		jp_words_write(out, (jp_field)t->field, FALSE, name);
		return;
	}
	words = g_ptr_array_new();
	for (guint i = 0; i < t->n_words; i++)
		g_ptr_array_add(words,
		    g_ptr_array_index(
			m->words, g_array_index(m->term_words, guint32, t->words + i)));
	g_ptr_array_add(words, NULL);
	jp_words_write(out, (jp_field)t->field, t->is_exact, (const char *const *)words->pdata);
}

void
jp_code_write(GString *out, const jp_matcher *m, const guint32 *node, jp_node_kind within)
{
	jp_node_kind kind = jp_code_kind(*node);
	gboolean grouped = (kind == JP_NODE_OR && within != JP_NODE_OR) ||
	    (kind == JP_NODE_AND && within == JP_NODE_NOT);

	if (kind == JP_NODE_TERM) {
		jp_term_write(out, m, jp_code_value(*node));
		return;
	}
	g_string_append(out, kind == JP_NODE_NOT ? "-" : grouped ? "(" : "");
	for (const guint32 *p = node + 1; p < node + jp_code_value(*node); p = jp_code_next(p)) {
		if (p > node + 1)
			g_string_append(out, kind == JP_NODE_OR ? " OR " : " ");
		jp_code_write(out, m, p, kind);
	}
	if (grouped)
		g_string_append_c(out, ')');
}

void
jp_term_tell(GString *out, const jp_matcher *m, guint32 term)
{
	const jp_term *t = JP_TERM(m, term);

	g_string_append_printf(out, t->n_words ? "\"%s\"" : "%s", t->name);
}

void
jp_code_tell(GString *out, const jp_matcher *m, const guint32 *node)
{
	static const char *const where[] = {
	    [JP_FIELD_TEXT] = "",
	    [JP_FIELD_TITLE] = " in the title",
	    [JP_FIELD_COMPANY] = " in the company's name",
	    [JP_FIELD_SKILL] = " among its skills",
	    [JP_FIELD_EMPLOYER] = "",
	};

	if (jp_code_kind(*node) != JP_NODE_TERM) {
		jp_code_write(out, m, node, JP_NODE_OR);
		return;
	}
	jp_term_tell(out, m, jp_code_value(*node));
	g_string_append(out, where[JP_TERM(m, jp_code_value(*node))->field]);
}
