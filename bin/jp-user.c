/* jp-user: subscribers and their saved searches. */
#include "mail/mail.h"

#include <stdio.h>

static struct jp_common common;
static jp_config *conf;
static jp_db *db;
static jp_keys *keys;
static const char *status, *consent;
static gboolean csv;
static jp_entry_values who, what; /* of a subscriber, of a search */

static int
open_db(jp_db_mode how)
{
	g_autoptr(GError) error = NULL;
	int code = jp_site_open(&conf, &db, common.config, how);

	if (code || how != JP_DB_OPEN)
		return code;
	keys = jp_keys_load(conf->site.key_file, &error);
	return keys ? 0 : jp_fail(error);
}

/* Asks a question if there is one, opens, finds USER, the first operand, and goes on with act; a
 * writer in a durable transaction. */
static int
with_user(jp_db_mode how, const char *question, char **argv,
    int (*act)(const jp_subscriber *s, char **argv))
{
	g_autoptr(jp_subscriber) s = NULL;
	gint64 id;
	int code;

	if (question && !common.dry_run && !jp_confirm(common.yes, "%s", question))
		return JP_ERROR_USAGE;
	code = open_db(how);
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

/* The verb whose work is name(). */
#define VERB(name, how, question)                                                                  \
	static int run_##name(int argc, char **argv)                                               \
	{                                                                                          \
		(void)argc;                                                                        \
		return with_user(how, question, argv, name);                                       \
	}

/* A verb about the subscriber s and further operands whose work is `call`, an exit code. */
#define SIMPLE(name, how, question, call)                                                          \
	static int name(const jp_subscriber *s, char **argv)                                       \
	{                                                                                          \
		(void)argv;                                                                        \
		return call;                                                                       \
	}                                                                                          \
	VERB(name, how, question)
#define CHANGE(name, question, call, why) SIMPLE(name, JP_DB_OPEN, question, end(call, why))

/* Stores one entry and tells the id of the subscriber, or of its search. */
static int
put(const cJSON *o, gboolean tell_search)
{
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
	if (tell_search)
		jp_show_stored(
		    common.dry_run ? JP_NO_INT : search, "stored", jp_table_mode_of(&common));
	else
		jp_show_stored(common.dry_run ? JP_NO_INT : id, is_new ? "added" : "changed",
		    jp_table_mode_of(&common));
	return 0;
}

static int
run_add(int argc, char **argv)
{
	g_autoptr(cJSON) o = jp_entry_json(JP_ENTRY_SUBSCRIBER, &who);
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	if (code)
		return code;
	cJSON_AddStringToObject(o, "email", argv[0]);
	jp_db_begin(db, JP_TX_DURABLE);
	return put(o, FALSE);
}

static int
run_import(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	const char *name = g_str_equal(argv[0], "-") ? "stdin" : argv[0];
	jp_import_counts n;
	gsize len;
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	if (code)
		return code;
	if (!jp_file_read(argv[0], JP_MAX_IMPORT, &text, &len, &error) ||
	    !jp_subscriber_import(
		db, keys, text, len, name, consent, jp_now(), common.dry_run, &n, &error))
		return jp_fail(error);
	jp_show_import(&n, jp_table_mode_of(&common));
	return n.bad > 0 && n.added + n.changed == 0 ? JP_ERROR_DATA : 0;
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

static int
run_list(int argc, char **argv)
{
	int code = open_db(JP_DB_READ);

	(void)argc, (void)argv;
	if (!code)
		jp_show_subscribers(db, status, jp_table_mode_of(&common));
	return code;
}

static int
show(const jp_subscriber *s, char **argv)
{
	g_autoptr(cJSON) o = jp_subscriber_to_json(db, s);

	(void)argv;
	jp_show_object(o, jp_table_mode_of(&common));
	return 0;
}
VERB(show, JP_DB_READ, NULL)

static const char cannot_pause[] = "only who is active or paused can be; see jp-user show";

CHANGE(suspend, NULL, jp_subscriber_pause(db, s->id, TRUE, jp_now()), cannot_pause)
CHANGE(resume, NULL, jp_subscriber_pause(db, s->id, FALSE, jp_now()), cannot_pause)
CHANGE(erase, "erase the subscriber and all searches?", jp_subscriber_remove(db, s->id),
    "it is gone already")

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
search_add(const jp_subscriber *s, char **argv)
{
	g_autoptr(cJSON) o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "searches");

	if (argv[0] && !jp_entry_set(JP_ENTRY_SEARCH, &what, "query", argv[0]))
		return end(FALSE, "the query is there twice; leave one") ? JP_ERROR_USAGE : 0;
	cJSON_AddStringToObject(o, "email", s->email);
	cJSON_AddItemToArray(list, jp_entry_json(JP_ENTRY_SEARCH, &what));
	return put(o, TRUE);
}
VERB(search_add, JP_DB_OPEN, NULL)

SIMPLE(search_list, JP_DB_READ, NULL, (jp_show_searches(db, s->id, jp_table_mode_of(&common)), 0))

/* The id of a saved search; 0 fits none. */
static gint64
search_id(char **argv)
{
	gint64 id;

	return jp_int_parse(argv[0], 1, G_MAXINT64, &id) ? id : 0;
}

static const char no_search[] = "no such saved search; jp-user search list USER shows them";

static int
search_show(const jp_subscriber *s, char **argv)
{
	g_autoptr(jp_search) search = jp_search_load(db, search_id(argv));
	g_autoptr(cJSON) o = search ? jp_search_to_json(search) : NULL;

	if (!o || search->subscriber_id != s->id)
		return end(FALSE, no_search);
	jp_show_object(o, jp_table_mode_of(&common));
	return 0;
}
VERB(search_show, JP_DB_READ, NULL)

#define PAUSE(pause) jp_subscriber_pause_search(db, s->id, search_id(argv), pause, jp_now())
CHANGE(search_pause, NULL, PAUSE(TRUE), no_search)
CHANGE(search_resume, NULL, PAUSE(FALSE), no_search)
CHANGE(search_remove, "forget the search?", jp_search_remove(db, s->id, search_id(argv)), no_search)

/* ---- the command line --------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
	const struct jp_opt plain[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt change[] = {
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt destroy[] = {
	    JP_OPT_DRY_RUN(&common), JP_OPT_YES(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt import[] = {
	    {JP_OPT_TEXT, 0, "consent", "TEXT  what all of them agreed to", &consent, 0, 0},
	    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt export[] = {
	    {JP_OPT_FLAG, 0, "csv", "as CSV", &csv, 0, 0}, JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt list[] = {
	    {JP_OPT_TEXT, 's', "status", "STATUS  only those", &status, 0, 0},
	    JP_OPT_COMMON(&common), JP_OPT_DONE};
	struct jp_opt add[JP_ENTRY_MAX_OPTIONS], search[JP_ENTRY_MAX_OPTIONS];
	const struct jp_verb verbs[] = {
	    {"add", "EMAIL", "add somebody, or change", add, run_add, 1, 1},
	    {"import", "FILE", "add and change by YAML or CSV", import, run_import, 1, 1},
	    {"export", "", "everybody, as an import reads it", export, run_export, 0, 0},
	    {"list", "", "everybody", list, run_list, 0, 0},
	    {"show", "USER", "all about one, with consents and searches", plain, run_show, 1, 1},
	    {"pause", "USER", "no digests until resumed", change, run_suspend, 1, 1},
	    {"resume", "USER", "digests again", change, run_resume, 1, 1},
	    {"unsubscribe", "TOKEN", "as the link in a mail does", change, run_unsubscribe, 1, 1},
	    {"remove", "USER", "erase somebody", destroy, run_erase, 1, 1},
	    {"search add", "USER [QUERY]", "save a search", search, run_search_add, 1, 2},
	    {"search list", "USER", "somebody's saved searches", plain, run_search_list, 1, 1},
	    {"search show", "USER SEARCH", "all of one", plain, run_search_show, 2, 2},
	    {"search remove", "USER SEARCH", "forget one", destroy, run_search_remove, 2, 2},
	    {"search pause", "USER SEARCH", "leave one out", change, run_search_pause, 2, 2},
	    {"search resume", "USER SEARCH", "take it up again", change, run_search_resume, 2, 2},
	};
	const struct jp_cli cli = {
	    "jp-user", "subscribers and their saved searches", verbs, G_N_ELEMENTS(verbs)};
	int code;

	jp_entry_options(JP_ENTRY_SUBSCRIBER, &who, change, add);
	jp_entry_options(JP_ENTRY_SEARCH, &what, change, search);
	jp_init("jp-user");
	code = jp_cli_run(&cli, argc, argv);
	jp_keys_free(keys);
	jp_db_close(db);
	jp_config_free(conf);
	return jp_finish(code);
}
