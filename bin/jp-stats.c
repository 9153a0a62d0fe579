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
typedef struct page {
	jp_config *conf;
	jp_db *db;
	jp_table *out;
} page;

static void
page_close(page *p)
{
	jp_table_free(p->out);
	jp_db_close(p->db);
	jp_config_free(p->conf);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(page, page_close)

/* The exit status: 0 where there is a page to write. */
static int
page_open(page *p, const jp_column *columns, guint n)
{
	int code = jp_stats_open(&p->conf, &p->db, common.config);

	if (code == 0)
		p->out = jp_table_new(jp_table_mode_of(&common), columns, n);
	return code;
}

static gint64
limit_or(gint64 usual)
{
	return limit ? limit : usual;
}

static int
run_overview(int argc, char **argv)
{
	g_auto(page) p = {0};
	int code = page_open(&p, jp_stats_columns, JP_STATS_N_COLS);

	(void)argc, (void)argv;
	if (code == 0)
		jp_stats_overview(p.db, jp_now(), p.out);
	return code;
}

static int
run_alerts(int argc, char **argv)
{
	g_auto(page) p = {0};
	int code = page_open(&p, jp_stats_alert_columns, JP_STATS_ALERT_N_COLS);

	(void)argc, (void)argv;
	if (code == 0)
		jp_stats_alerts(p.db, limit_or(1000), p.out);
	return code;
}

static int
run_boards(int argc, char **argv)
{
	g_auto(page) p = {0};
	int code = page_open(&p, jp_stats_board_columns, JP_STATS_BOARD_N_COLS);

	(void)argc, (void)argv;
	if (code == 0)
		jp_stats_boards(p.db, all, limit_or(1000), p.out);
	return code;
}

static int
run_runs(int argc, char **argv)
{
	g_auto(page) p = {0};
	int code = page_open(&p, jp_stats_run_columns, JP_STATS_RUN_N_COLS);
	const char *program = argc > 0 ? argv[0] : NULL;

	if (code == 0)
		jp_stats_runs(p.db, program, jp_now() - since, limit_or(20), p.out);
	return code;
}

static int
run_queries(int argc, char **argv)
{
	g_auto(page) p = {0};
	int code = page_open(&p, jp_stats_query_columns, JP_STATS_QUERY_N_COLS);

	(void)argc, (void)argv;
	if (code == 0)
		jp_stats_queries(p.db, limit_or(1000), p.out);
	return code;
}

/* Writes what needs attention; how much it is. */
static guint
write_problems(const page *p)
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
	return problems->len;
}

static int
run_health(int argc, char **argv)
{
	g_auto(page) p = {0};
	int code = page_open(&p, jp_health_columns, JP_HEALTH_N_COLS);

	(void)argc, (void)argv;
	if (code == 0 && write_problems(&p) > 0)
		code = 1;
	return code;
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
