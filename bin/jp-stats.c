/* jp-stats: what is in the database, what ran, what is due, what failed.  It only reads. */
#include "stats/stats.h"

static struct jp_common common;
static gint64 limit, since = 7 * JP_DAY, age = 3 * JP_HOUR;
static gboolean all;

static const struct jp_opt plain_opts[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt boards_opts[] = {
    {JP_OPT_FLAG, 'a', "all", "also boards that are well", &all, 0, 0},
    {JP_OPT_INT, 'l', "limit", "N  at most so many lines (1000)", &limit, 1, G_MAXINT32},
    JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt runs_opts[] = {
    {JP_OPT_INT, 'l', "limit", "N  at most so many lines (20)", &limit, 1, G_MAXINT32},
    {JP_OPT_DURATION, 's', "since", "SPAN  runs begun within it (7d)", &since, 1, 3650 * JP_DAY},
    JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt queries_opts[] = {
    {JP_OPT_INT, 'l', "limit", "N  at most so many lines (1000)", &limit, 1, G_MAXINT32},
    JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt health_opts[] = {
    {JP_OPT_DURATION, 'a', "age", "SPAN  how late things may be (3h)", &age, 1, 365 * JP_DAY},
    JP_OPT_COMMON(&common), JP_OPT_DONE};

/* What a verb reads from, and where its lines go. */
struct page {
	jp_config *conf;
	jp_db *db;
	jp_table *out;
	const char *word; /* the operand, or NULL */
};

/* Opens all that and has the verb write; the exit status. */
static int
show(int argc, char **argv, const jp_column *columns, guint n, int (*write)(const struct page *))
{
	g_autoptr(jp_config) conf = NULL;
	g_autoptr(jp_db) db = NULL;
	int code = jp_stats_open(&conf, &db, common.config);
	g_autoptr(jp_table) out = NULL;

	if (code)
		return code;
	out = jp_table_new(jp_table_mode_of(&common), columns, n);
	return write(&(struct page){conf, db, out, argc > 0 ? argv[0] : NULL});
}

static gint64
limit_or(gint64 usual)
{
	return limit ? limit : usual;
}

static int
write_overview(const struct page *p)
{
	jp_stats_overview(p->db, jp_now(), p->out);
	return 0;
}

static int
write_alerts(const struct page *p)
{
	jp_stats_alerts(p->db, limit_or(1000), p->out);
	return 0;
}

static int
write_boards(const struct page *p)
{
	jp_stats_boards(p->db, all, limit_or(1000), p->out);
	return 0;
}

static int
write_runs(const struct page *p)
{
	jp_stats_runs(p->db, p->word, jp_now() - since, limit_or(20), p->out);
	return 0;
}

static int
write_queries(const struct page *p)
{
	jp_stats_queries(p->db, limit_or(1000), p->out);
	return 0;
}

/* 1: something needs attention. */
static int
write_health(const struct page *p)
{
	g_autoptr(GPtrArray) problems = NULL;
	jp_health_facts facts;

	jp_health_gather(p->db, p->conf, jp_now(), age, &facts);
	problems = jp_health_judge(&facts);
	jp_health_facts_clear(&facts);
	for (guint i = 0; i < problems->len; i++) {
		const jp_health_problem *problem = g_ptr_array_index(problems, i);

		jp_table_row(p->out, problem->word, problem->n, problem->since, problem->what);
	}
	return problems->len > 0 ? 1 : 0;
}

static int
run_overview(int argc, char **argv)
{
	return show(argc, argv, jp_stats_columns, JP_STATS_N_COLS, write_overview);
}

static int
run_alerts(int argc, char **argv)
{
	return show(argc, argv, jp_stats_alert_columns, JP_STATS_ALERT_N_COLS, write_alerts);
}

static int
run_boards(int argc, char **argv)
{
	return show(argc, argv, jp_stats_board_columns, JP_STATS_BOARD_N_COLS, write_boards);
}

static int
run_runs(int argc, char **argv)
{
	return show(argc, argv, jp_stats_run_columns, JP_STATS_RUN_N_COLS, write_runs);
}

static int
run_queries(int argc, char **argv)
{
	return show(argc, argv, jp_stats_query_columns, JP_STATS_QUERY_N_COLS, write_queries);
}

static int
run_health(int argc, char **argv)
{
	return show(argc, argv, jp_health_columns, JP_HEALTH_N_COLS, write_health);
}

int
main(int argc, char **argv)
{
	static const struct jp_verb verbs[] = {
	    {NULL, "", "what is there, what is due, what ran", plain_opts, run_overview, 0, 0},
	    {"alerts", "", "boards whose failing persists", queries_opts, run_alerts, 0, 0},
	    {"boards", "", "boards that fail, and why", boards_opts, run_boards, 0, 0},
	    {"health", "", "what needs somebody's attention", health_opts, run_health, 0, 0},
	    {"queries", "", "how long statements take", queries_opts, run_queries, 0, 0},
	    {"runs", "[PROGRAM]", "the latest runs", runs_opts, run_runs, 0, 1},
	};
	static const struct jp_cli cli = {
	    "jp-stats", "Tells how the site is doing.", verbs, G_N_ELEMENTS(verbs)};

	jp_init("jp-stats");
	return jp_finish(jp_cli_run(&cli, argc, argv));
}
