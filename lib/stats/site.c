/*
 * What jp-stats reads: the site's database, or a replica of it.  It only reads, so that a replica
 * in recovery serves as well; how old its data is, is said.
 */
#include "stats/stats.h"

/* A replica that is behind for less is as good as the database itself. */
#define TOLERABLE (10 * JP_SECOND)

static void
tell_age(jp_db *db)
{
	g_autofree char *age = NULL;
	gint64 ms;

	if (!jp_db_get_int(db, JP_SQL_STATS_REPLICA_AGE, JP_NO_ARGS, &ms))
		return;
	age = jp_duration_format(ms < TOLERABLE ? ms : ms - ms % JP_SECOND);
	if (ms < TOLERABLE)
		jp_info("%s: is a replica, %s behind", jp_db_label(db), age);
	else
		jp_warn(
		    "%s: is a replica, %s behind; see jobping-scaling(7)", jp_db_label(db), age);
}

int
jp_stats_open(jp_config **conf, jp_db **db, const char *config)
{
	g_autoptr(GError) error = NULL;

	if (!jp_config_load(conf, config, &error))
		return jp_fail(error);
	if ((*conf)->stats.database) {
		g_free((*conf)->database);
		(*conf)->database = g_strdup((*conf)->stats.database);
	}
	*db = jp_db_open(*conf, JP_DB_READ, &error);
	if (!*db)
		return jp_fail(error);
	if ((*conf)->stats.database)
		tell_age(*db);
	return 0;
}
