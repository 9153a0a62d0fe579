/* run: a row a program run, so that jp-stats can tell what ran, how it ended, and what did not. */
#include <unistd.h>

#include "db/db.h"

gint64
jp_run_begin(jp_db *db)
{
	gint64 run;

	jp_db_begin(db, JP_TX_WRITE);
	run = jp_db_insert(db, JP_SQL_RUN_BEGIN,
	    JP_ARGS(JP_TEXT(jp_program()), JP_TEXT(jp_worker()), JP_INT(jp_now())));
	jp_db_commit(db);
	return run;
}

void
jp_run_end(jp_db *db, gint64 run, int exit_code, gint64 n_done, gint64 n_failed, const char *note)
{
	jp_db_begin(db, JP_TX_WRITE);
	(void)jp_db_exec(db, JP_SQL_RUN_END, /* a row that gc took meanwhile is not missed */
	    JP_ARGS(JP_INT(run), JP_INT(jp_now()), JP_INT(exit_code), JP_INT(n_done),
		JP_INT(n_failed), JP_TEXT(note)));
	jp_db_commit(db);
}

const char *
jp_worker(void)
{
	static gsize is_made;
	static char *name;

	if (g_once_init_enter(&is_made)) {
		guint32 random;

		jp_random_bytes(&random, sizeof(random));
		name = g_strdup_printf("%.64s:%ld:%08x", g_get_host_name(), (long)getpid(), random);
		g_once_init_leave(&is_made, TRUE);
	}
	return name;
}
