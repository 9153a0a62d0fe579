/*
 * Recorded data for tests and benches: $JP_DATA, else ../shared/data beside the project.  What is
 * missing gives NULL, and the test says "skipped: no recorded data".
 */
#ifndef T_RECORDED_H
#define T_RECORDED_H

#include <cjson/cJSON.h>
#include <glib.h>
#include <string.h>

/* The file below the data folder, unpacked when its name ends in .gz; NULL when it is not there. */
static inline char *
recorded_read(const char *name)
{
	const char *env = g_getenv("JP_DATA");
	g_autofree char *path = g_build_filename(env && *env ? env : "../shared/data", name, NULL);
	const char *argv[] = {"gzip", "-dc", path, NULL};
	char *text = NULL;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	if (!g_str_has_suffix(name, ".gz"))
		return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
	if (!g_spawn_sync(NULL, (char **)(gpointer)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
		&text, NULL, NULL, NULL))
		return NULL;
	return text;
}

/* The JSON objects of a file of lines; NULL when it is not there. */
static inline GPtrArray *
recorded_lines(const char *name)
{
	g_autofree char *text = recorded_read(name);
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;
	GPtrArray *rows;

	if (!text)
		return NULL;
	rows = g_ptr_array_new_with_free_func((GDestroyNotify)cJSON_Delete);
	for (char **line = lines; *line; line++) {
		cJSON *row = **line ? cJSON_Parse(*line) : NULL;

		if (row)
			g_ptr_array_add(rows, row);
	}
	return rows;
}

#endif
