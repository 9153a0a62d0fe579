/*
 * Options of a program as members of an import's entry: jp-user(1) takes on the command line what
 * an import has in a file, and both are read by the same code.
 */
#include "mail/mail.h"

typedef struct member {
	const char *option, *key, *help;
	gboolean is_list;
} member;

static const member subscriber_members[] = {
    {"name", "name", "NAME  what the person is called", FALSE},
    {"timezone", "timezone", "ZONE  such as Europe/Berlin", FALSE},
    {"hour", "hour", "N  of the digest, 0 to 23", FALSE},
    {"weekday", "weekday", "N  of a weekly digest, 1 is Monday", FALSE},
    {"frequency", "frequency", "WORD  instant daily weekdays weekly off", FALSE},
    {"consent", "consent", "TEXT  what was agreed to; activates", FALSE},
};

static const member search_members[] = {
    {"name", "name", "NAME  of the search; an old one is replaced", FALSE},
    {"query", "query", "QUERY  see jp-match(1)", FALSE},
    {"salary-min", "salary_min", "AMOUNT  such as \"60000 EUR/year\"", FALSE},
    {"max-age", "max_age", "TIME  of a posting, such as 14d", FALSE},
    {"min-score", "min_score", "N  0 to 100", FALSE},
    {"frequency", "frequency", "WORD  instead of the subscriber's", FALSE},
    {"title", "titles", "TEXT  any of these in the title", TRUE},
    {"skill", "skills", "NAME  any of these", TRUE},
    {"location", "locations", "PLACE  any of these", TRUE},
    {"remote", "remote", "WORD  onsite hybrid remote", TRUE},
    {"level", "levels", "WORD  such as senior", TRUE},
    {"type", "types", "WORD  such as full_time", TRUE},
    {"company", "companies_in", "NAME  any of these", TRUE},
    {"not-company", "companies_out", "NAME  none of these", TRUE},
    {"language", "languages", "CODE  any of these", TRUE},
};

G_STATIC_ASSERT(G_N_ELEMENTS(subscriber_members) <= JP_ENTRY_MAX_MEMBERS);
G_STATIC_ASSERT(G_N_ELEMENTS(search_members) <= JP_ENTRY_MAX_MEMBERS);

static const member *
members_of(jp_entry_kind kind, guint *n)
{
	switch (kind) {
	case JP_ENTRY_SUBSCRIBER:
		*n = G_N_ELEMENTS(subscriber_members);
		return subscriber_members;
	case JP_ENTRY_SEARCH:
		*n = G_N_ELEMENTS(search_members);
		return search_members;
	}
	g_return_val_if_reached(NULL);
}

void
jp_entry_options(
    jp_entry_kind kind, jp_entry_values *v, const struct jp_opt *rest, struct jp_opt *opts)
{
	guint n = 0, i = 0;
	const member *m = members_of(kind, &n);

	for (; i < n; i++)
		opts[i] = (struct jp_opt){.type = m[i].is_list ? JP_OPT_LIST : JP_OPT_TEXT,
		    .name = m[i].option,
		    .help = m[i].help,
		    .value = m[i].is_list ? (void *)&v->list[i] : (void *)&v->text[i]};
	for (; i < JP_ENTRY_MAX_OPTIONS - 1 && rest->type != JP_OPT_END; rest++)
		opts[i++] = *rest;
	opts[i] = (struct jp_opt)JP_OPT_DONE;
}

gboolean
jp_entry_set(jp_entry_kind kind, jp_entry_values *v, const char *option, const char *text)
{
	guint n = 0, i = 0;
	const member *m = members_of(kind, &n);

	while (i < n && !(g_str_equal(m[i].option, option) && !m[i].is_list))
		i++;
	if (i == n || v->text[i])
		return FALSE;
	v->text[i] = text;
	return TRUE;
}

cJSON *
jp_entry_json(jp_entry_kind kind, const jp_entry_values *v)
{
	cJSON *o = cJSON_CreateObject();
	guint n = 0;
	const member *m = members_of(kind, &n);

	for (guint i = 0; i < n; i++) {
		cJSON *list = v->list[i] ? cJSON_AddArrayToObject(o, m[i].key) : NULL;

		if (v->text[i])
			cJSON_AddStringToObject(o, m[i].key, v->text[i]);
		for (guint k = 0; list && k < v->list[i]->len; k++)
			cJSON_AddItemToArray(
			    list, cJSON_CreateString(g_ptr_array_index(v->list[i], k)));
	}
	return o;
}
