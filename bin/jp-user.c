/* jp-user: subscribers and their saved searches. */
#include "mail/mail.h"

#include <stdio.h>

static struct jp_common common;
static jp_config *conf;
static jp_db *db;
static jp_keys *keys;
static const char *status;
static gboolean csv;

/* Options that become members of an import's mapping. */
struct member {
	const char *key, *text;
	GPtrArray *list;
};
static struct member who[] = {{.key = "name"}, {.key = "timezone"}, {.key = "hour"},
    {.key = "weekday"}, {.key = "frequency"}, {.key = "consent"}};
static struct member what[] = {{.key = "name"}, {.key = "query"}, {.key = "salary_min"},
    {.key = "max_age"}, {.key = "min_score"}, {.key = "frequency"}, {.key = "titles"},
    {.key = "skills"}, {.key = "locations"}, {.key = "remote"}, {.key = "levels"}, {.key = "types"},
    {.key = "companies_in"}, {.key = "companies_out"}, {.key = "languages"}};

static jp_table_mode
mode(void)
{
	if (common.quiet)
		return JP_TABLE_NONE;
	return common.json ? JP_TABLE_JSON : JP_TABLE_AUTO;
}

static int
open_db(jp_db_mode how)
{
	g_autoptr(GError) error = NULL;

	if (!jp_config_load(&conf, common.config, &error))
		return jp_fail(error);
	db = jp_db_open(conf, how, &error);
	if (db && how == JP_DB_OPEN)
		keys = jp_keys_load(conf->site.key_file, &error);
	return error ? jp_fail(error) : 0;
}

/* Opens, finds USER, the first operand, and goes on with act; a writer in a durable transaction. */
static int
with_user(jp_db_mode how, char **argv, int (*act)(const jp_subscriber *s, char **argv))
{
	g_autoptr(jp_subscriber) s = NULL;
	gint64 id;
	int code = open_db(how);

	if (code)
		return code;
	jp_db_begin(db, how == JP_DB_OPEN ? JP_TX_DURABLE : JP_TX_READ);
	id = jp_subscriber_find(db, argv[0]);
	s = id ? jp_subscriber_load(db, id) : NULL;
	if (s)
		return act(s, argv + 1);
	jp_warn("no such subscriber; jp-user list shows them");
	return JP_ERROR_DATA;
}

/* The verb whose work is name(). */
#define VERB(name, how)                                                                            \
	static int run_##name(int argc, char **argv)                                               \
	{                                                                                          \
		(void)argc;                                                                        \
		return with_user(how, argv, name);                                                 \
	}

/* A dry run takes back what it did; so does a failure, which is said. */
static int
end(gboolean ok, const char *why)
{
	if (ok && !common.dry_run)
		jp_db_commit(db);
	else
		jp_db_rollback(db);
	if (!ok)
		jp_warn("%s", why);
	return ok ? 0 : JP_ERROR_DATA;
}

/* ---- add, import, export ---------------------------------------------------------------- */

static void
add_members(cJSON *o, const struct member *m, gsize n)
{
	for (; n > 0; m++, n--) {
		cJSON *list = m->list ? cJSON_AddArrayToObject(o, m->key) : NULL;

		if (m->text)
			cJSON_AddStringToObject(o, m->key, m->text);
		for (guint i = 0; list && i < m->list->len; i++)
			cJSON_AddItemToArray(
			    list, cJSON_CreateString(g_ptr_array_index(m->list, i)));
	}
}

static const jp_column id_columns[] = {{"id", NULL, JP_CELL_INT}, {"result", NULL, JP_CELL_TEXT}};

/* Stores one entry and tells the id of the subscriber, or of its search. */
static int
put(const cJSON *o, gboolean tell_search)
{
	g_autoptr(jp_table) table = NULL;
	g_autoptr(GError) error = NULL;
	gboolean is_new;
	gint64 search;
	gint64 id =
	    jp_subscriber_put_json(db, keys, o, "command line", jp_now(), &is_new, &search, &error);

	if (!id) {
		jp_db_rollback(db);
		return jp_fail(error);
	}
	(void)end(TRUE, NULL);
	table = jp_table_new(mode(), id_columns, G_N_ELEMENTS(id_columns));
	jp_table_row(table,
	    common.dry_run    ? JP_NO_INT
		: tell_search ? search
			      : id,
	    tell_search  ? "stored"
		: is_new ? "added"
			 : "changed");
	return 0;
}

static int
run_add(int argc, char **argv)
{
	g_autoptr(cJSON) o = cJSON_CreateObject();
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	if (code)
		return code;
	cJSON_AddStringToObject(o, "email", argv[0]);
	add_members(o, who, G_N_ELEMENTS(who));
	jp_db_begin(db, JP_TX_DURABLE);
	return put(o, FALSE);
}

static void
on_bad(const char *where_and_what, gpointer data)
{
	(void)data;
	jp_warn("%s", where_and_what);
}

static const jp_column import_columns[] = {
    {"added", NULL, JP_CELL_INT}, {"changed", NULL, JP_CELL_INT}, {"bad", NULL, JP_CELL_INT}};

static int
run_import(int argc, char **argv)
{
	g_autoptr(jp_table) table = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	const char *name = g_str_equal(argv[0], "-") ? "stdin" : argv[0];
	const char *consent = who[G_N_ELEMENTS(who) - 1].text;
	gsize len;
	guint n_new, n_changed, n_bad;
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	if (code)
		return code;
	if (!jp_file_read(argv[0], JP_MAX_IMPORT, &text, &len, &error) ||
	    !jp_subscriber_import(db, keys, text, len, name, consent, jp_now(), common.dry_run,
		on_bad, NULL, &n_new, &n_changed, &n_bad, &error))
		return jp_fail(error);
	table = jp_table_new(mode(), import_columns, G_N_ELEMENTS(import_columns));
	jp_table_row(table, (gint64)n_new, (gint64)n_changed, (gint64)n_bad);
	return n_bad > 0 && n_new + n_changed == 0 ? JP_ERROR_DATA : 0;
}

static int
run_export(int argc, char **argv)
{
	g_autofree char *text = NULL;
	int code = open_db(JP_DB_READ);

	(void)argc, (void)argv;
	if (code)
		return code;
	text = csv ? jp_subscriber_export_csv(db) : jp_subscriber_export(db);
	if (!common.quiet)
		fputs(text, stdout); /* jp_finish judges what was written */
	return 0;
}

/* ---- list, show ------------------------------------------------------------------------- */

static int
run_list(int argc, char **argv)
{
	int code = open_db(JP_DB_READ);

	(void)argc, (void)argv;
	if (!code)
		jp_show_subscribers(db, status, mode());
	return code;
}

/* As JSON, or as an export has it. */
static int
print(const cJSON *o)
{
	g_autofree char *text = common.json ? jp_json_line(o) : jp_yaml_write(o);

	if (!common.quiet)
		printf(common.json ? "%s\n" : "%s", text); /* jp_finish judges what was written */
	return 0;
}

static int
show(const jp_subscriber *s, char **argv)
{
	g_autoptr(cJSON) o = jp_subscriber_to_json(db, s);

	(void)argv;
	return print(o);
}
VERB(show, JP_DB_READ)

/* ---- the state -------------------------------------------------------------------------- */

static const char cannot_pause[] = "only who is active or paused can be; see jp-user show";

static int
suspend(const jp_subscriber *s, char **argv)
{
	(void)argv;
	return end(jp_subscriber_pause(db, s->id, TRUE, jp_now()), cannot_pause);
}
VERB(suspend, JP_DB_OPEN)

static int
resume(const jp_subscriber *s, char **argv)
{
	(void)argv;
	return end(jp_subscriber_pause(db, s->id, FALSE, jp_now()), cannot_pause);
}
VERB(resume, JP_DB_OPEN)

static int
run_unsubscribe(int argc, char **argv)
{
	gint64 id = 0;
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	if (code)
		return code;
	jp_db_begin(db, JP_TX_DURABLE);
	return end(jp_token_read(keys, JP_PURPOSE_UNSUBSCRIBE, argv[0], &id) &&
		jp_subscriber_unsubscribe(db, keys, id, jp_now()),
	    "the token is not of an unsubscribe link of ours");
}

static int
erase(const jp_subscriber *s, char **argv)
{
	(void)argv;
	return end(jp_subscriber_remove(db, s->id), "it is gone already");
}
VERB(erase, JP_DB_OPEN)

static int
run_remove(int argc, char **argv)
{
	if (!common.dry_run && !jp_confirm(common.yes, "erase the subscriber and all searches?"))
		return JP_ERROR_USAGE;
	return run_erase(argc, argv);
}

/* ---- saved searches --------------------------------------------------------------------- */

static int
search_add(const jp_subscriber *s, char **argv)
{
	g_autoptr(cJSON) o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "searches");
	cJSON *search = cJSON_CreateObject();

	(void)argv;
	cJSON_AddStringToObject(o, "email", s->email);
	cJSON_AddItemToArray(list, search);
	add_members(search, what, G_N_ELEMENTS(what));
	return put(o, TRUE);
}
VERB(search_add, JP_DB_OPEN)

static int
search_list(const jp_subscriber *s, char **argv)
{
	(void)argv;
	jp_show_searches(db, s->id, mode());
	return 0;
}
VERB(search_list, JP_DB_READ)

/* The id of a saved search; 0 fits none. */
static gint64
search_id(const char *text)
{
	gint64 id;

	return jp_int_parse(text, 1, G_MAXINT64, &id) ? id : 0;
}

static const char no_search[] = "no such saved search; jp-user search list USER shows them";

static int
search_show(const jp_subscriber *s, char **argv)
{
	g_autoptr(jp_search) search = jp_search_load(db, search_id(argv[0]));
	g_autoptr(cJSON) o = search ? jp_search_to_json(search) : NULL;

	return o && search->subscriber_id == s->id ? print(o) : end(FALSE, no_search);
}
VERB(search_show, JP_DB_READ)

static int
search_remove(const jp_subscriber *s, char **argv)
{
	return end(jp_search_remove(db, s->id, search_id(argv[0])), no_search);
}
VERB(search_remove, JP_DB_OPEN)

static int
search_pause(const jp_subscriber *s, char **argv)
{
	return end(
	    jp_subscriber_pause_search(db, s->id, search_id(argv[0]), TRUE, jp_now()), no_search);
}
VERB(search_pause, JP_DB_OPEN)

static int
search_resume(const jp_subscriber *s, char **argv)
{
	return end(
	    jp_subscriber_pause_search(db, s->id, search_id(argv[0]), FALSE, jp_now()), no_search);
}
VERB(search_resume, JP_DB_OPEN)

/* ---- the command line ------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
	const struct jp_opt plain[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt change[] = {
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt destroy[] = {
	    JP_OPT_DRY_RUN(&common), JP_OPT_YES(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt add[] = {
	    {JP_OPT_TEXT, 0, "name", "NAME  what the person is called", &who[0].text, 0, 0},
	    {JP_OPT_TEXT, 0, "timezone", "ZONE  such as Europe/Berlin", &who[1].text, 0, 0},
	    {JP_OPT_TEXT, 0, "hour", "N  of the digest, 0 to 23", &who[2].text, 0, 0},
	    {JP_OPT_TEXT, 0, "weekday", "N  of a weekly digest, 1 is Monday", &who[3].text, 0, 0},
	    {JP_OPT_TEXT, 0, "frequency", "WORD  instant daily weekdays weekly off", &who[4].text,
		0, 0},
	    {JP_OPT_TEXT, 0, "consent", "TEXT  what was agreed to; activates", &who[5].text, 0, 0},
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt import[] = {
	    {JP_OPT_TEXT, 0, "consent", "TEXT  what all of them agreed to", &who[5].text, 0, 0},
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt export[] = {
	    {JP_OPT_FLAG, 0, "csv", "as CSV", &csv, 0, 0}, JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt list[] = {
	    {JP_OPT_TEXT, 's', "status", "STATUS  only those", &status, 0, 0},
	    JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt search[] = {
	    {JP_OPT_TEXT, 0, "name", "NAME  of the search; an old one is replaced", &what[0].text,
		0, 0},
	    {JP_OPT_TEXT, 0, "query", "QUERY  see jp-match(1)", &what[1].text, 0, 0},
	    {JP_OPT_TEXT, 0, "salary-min", "AMOUNT  \"60000 EUR/year\"", &what[2].text, 0, 0},
	    {JP_OPT_TEXT, 0, "max-age", "TIME  of a posting", &what[3].text, 0, 0},
	    {JP_OPT_TEXT, 0, "min-score", "N  0 to 100", &what[4].text, 0, 0},
	    {JP_OPT_TEXT, 0, "frequency", "WORD  instead of the subscriber's", &what[5].text, 0, 0},
	    {JP_OPT_LIST, 0, "title", "TEXT  any of these in the title", &what[6].list, 0, 0},
	    {JP_OPT_LIST, 0, "skill", "NAME  any of these", &what[7].list, 0, 0},
	    {JP_OPT_LIST, 0, "location", "PLACE  any of these", &what[8].list, 0, 0},
	    {JP_OPT_LIST, 0, "remote", "WORD  onsite hybrid remote", &what[9].list, 0, 0},
	    {JP_OPT_LIST, 0, "level", "WORD  such as senior", &what[10].list, 0, 0},
	    {JP_OPT_LIST, 0, "type", "WORD  such as full_time", &what[11].list, 0, 0},
	    {JP_OPT_LIST, 0, "company", "NAME  any of these", &what[12].list, 0, 0},
	    {JP_OPT_LIST, 0, "not-company", "NAME  none of these", &what[13].list, 0, 0},
	    {JP_OPT_LIST, 0, "language", "CODE  any of these", &what[14].list, 0, 0},
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_verb verbs[] = {
	    {"add", "EMAIL", "add somebody, or change", add, run_add, 1, 1},
	    {"import", "FILE", "add and change by YAML or CSV", import, run_import, 1, 1},
	    {"export", "", "everybody, as an import reads it", export, run_export, 0, 0},
	    {"list", "", "everybody", list, run_list, 0, 0},
	    {"show", "USER", "all about one, with consents and searches", plain, run_show, 1, 1},
	    {"pause", "USER", "no digests until resumed", change, run_suspend, 1, 1},
	    {"resume", "USER", "digests again", change, run_resume, 1, 1},
	    {"unsubscribe", "TOKEN", "as the link in a mail does", change, run_unsubscribe, 1, 1},
	    {"remove", "USER", "erase somebody", destroy, run_remove, 1, 1},
	    {"search add", "USER", "save a search", search, run_search_add, 1, 1},
	    {"search list", "USER", "somebody's saved searches", plain, run_search_list, 1, 1},
	    {"search show", "USER SEARCH", "all of one", plain, run_search_show, 2, 2},
	    {"search remove", "USER SEARCH", "forget one", change, run_search_remove, 2, 2},
	    {"search pause", "USER SEARCH", "leave one out", change, run_search_pause, 2, 2},
	    {"search resume", "USER SEARCH", "take it up again", change, run_search_resume, 2, 2},
	};
	const struct jp_cli cli = {
	    "jp-user", "subscribers and their saved searches", verbs, G_N_ELEMENTS(verbs)};
	int code;

	jp_init("jp-user");
	code = jp_cli_run(&cli, argc, argv);
	jp_keys_free(keys);
	jp_db_close(db);
	jp_config_free(conf);
	return jp_finish(code);
}
