/*
 * site: what every program begins with, the configuration and the database that it names.
 */
#include "db/db.h"

int
jp_site_open(jp_config **conf, jp_db **db, const char *config, jp_db_mode mode)
{
	g_autoptr(GError) error = NULL;

	if (!jp_config_load(conf, config, &error))
		return jp_fail(error);
	*db = jp_db_open(*conf, mode, &error);
	return *db ? 0 : jp_fail(error);
}
