/* What a task may be, in words and bounds. */
#include <string.h>

#include "queue/internal.h"

static const char *const states[JP_TASK_N_STATES] = {
    [JP_TASK_DELAYED] = "delayed",
    [JP_TASK_WAITING] = "waiting",
    [JP_TASK_RUNNING] = "running",
    [JP_TASK_DONE] = "done",
    [JP_TASK_DEAD] = "dead",
    [JP_TASK_BURIED] = "buried",
};

const char *
jp_task_state_word(jp_task_state state)
{
	return states[state];
}

gboolean
jp_task_state_from_word(const char *word, jp_task_state *out)
{
	for (guint i = 0; i < JP_TASK_N_STATES; i++)
		if (word && strcmp(states[i], word) == 0) {
			*out = (jp_task_state)i;
			return TRUE;
		}
	return FALSE;
}

gboolean
jp_queue_clash_from_word(const char *word, jp_queue_clash *out)
{
	static const char *const words[] = {
	    [JP_QUEUE_SKIP] = "skip", [JP_QUEUE_REPLACE] = "replace", [JP_QUEUE_FAIL] = "fail"};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(words[i], word) == 0) {
			*out = (jp_queue_clash)i;
			return TRUE;
		}
	return FALSE;
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static gboolean
refuse(GError **error, const char *what)
{
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s", what);
	return FALSE;
}

static gboolean
is_type(const char *type)
{
	gsize len = strlen(type);

	return g_ascii_islower(*type) && len <= JP_MAX_TASK_TYPE &&
	    strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* A key or a subscriber: some characters of UTF-8, none that control. */
static gboolean
is_name(const char *name)
{
	if (!name)
		return TRUE;
	if (!*name || strlen(name) > JP_MAX_TASK_KEY || !g_utf8_validate(name, -1, NULL))
		return FALSE;
	for (; *name; name = g_utf8_next_char(name))
		if (g_unichar_iscntrl(g_utf8_get_char(name)))
			return FALSE;
	return TRUE;
}

gboolean
jp_task_check(const jp_task_new *t, GError **error)
{
	if (!t->type)
		return refuse(error, "type: is missing");
	if (!is_type(t->type))
		return refuse(error,
		    "type: is not a word of a-z, 0-9, _ and - that begins with a "
		    "letter (at most " G_STRINGIFY(JP_MAX_TASK_TYPE) ")");
	if (!is_name(t->key))
		return refuse(error,
		    "key: is empty, longer than " G_STRINGIFY(JP_MAX_TASK_KEY) " bytes, or not "
									       "plain text");
	if (!is_name(t->subscriber))
		return refuse(error,
		    "subscriber: is empty, longer than " G_STRINGIFY(
			JP_MAX_TASK_KEY) " bytes, or not plain text");
	if (ABS(t->priority) > JP_QUEUE_MAX_PRIORITY)
		return refuse(error, "priority: is not from -1000 to 1000");
	if (t->max_attempts < 0 || t->max_attempts > JP_QUEUE_MAX_ATTEMPTS)
		return refuse(error, "max_attempts: is not from 1 to 1000");
	if (t->run_at < 0)
		return refuse(error, "at: is before 1970");
	return TRUE;
}

void
jp_task_free(jp_task *t)
{
	if (!t)
		return;
	g_free(t->type);
	g_free(t->payload);
	g_free(t->key);
	g_free(t->subscriber);
	g_free(t);
}
