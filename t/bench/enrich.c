/*
 * How good and how fast postings are read: agreement with recorded labels beside the figures that
 * were published for the same sets, and postings normalised per second.  One figure a line: name,
 * value, unit.
 */
#include <time.h>

#include "../unit/labels.h"

/* Time of the processor, so that others on the machine do not count. */
static gint64
cpu_us(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) != 0)
		g_error("no clock");
	return ts.tv_sec * G_USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void
tell_accuracy(const char *name, const score *s, double published)
{
	printf("enrich.%s.accuracy\t%.3f\tof %u", name, score_accuracy(s), s->n);
	printf(published > 0 ? ", published %.3f\n" : "\n", published);
	printf("enrich.%s.precision\t%.3f\tof %u filled\n", name, score_precision(s), s->given);
}

static void
tell_f1(const char *name, const score *s, double published)
{
	printf("enrich.%s.f1\t%.3f\tprecision %.3f, recall %.3f of %u", name, score_f1(s),
	    score_precision(s), score_recall(s), s->wanted);
	printf(published > 0 ? ", published %.3f\n" : "\n", published);
}

/* The sets label technical skills only, so that what else we find is no fault: recall alone. */
static void
tell_recall(const char *name, const score *s, double published)
{
	printf("enrich.%s.recall\t%.3f\tof %u, published %.3f\n", name, score_recall(s), s->wanted,
	    published);
}

static void
tell_labels(void)
{
	label_scores s;

	if (!label_measure(&s)) {
		printf("# skipped: enrich (no recorded data)\n");
		return;
	}
	tell_accuracy("level", &s.level, 0.820);
	tell_accuracy("country", &s.country, 0);
	tell_accuracy("city", &s.city, 0);
	tell_f1("salary", &s.salary, 0);
	tell_accuracy("gold.level", &s.gold_level, 0.954);
	tell_accuracy("gold.country", &s.gold_country, 0.926);
	tell_accuracy("gold.city", &s.gold_city, 0.940);
	tell_accuracy("gold.remote", &s.gold_remote, 0);
	tell_f1("gold.salary", &s.gold_salary, 0.957);
	tell_recall("skills", &s.skills, 0.865);
	tell_recall("ergon.skills", &s.ergon_skills, 0.927);
}

/* ---- speed --------------------------------------------------------------------------- */

#define SPEED_US (2 * G_USEC_PER_SEC)

static void
tell_rate(const char *name, guint n, gsize bytes, gint64 us)
{
	printf("enrich.%s\t%.0f\tper second (%.1f us, %.1f MB/s)\n", name, n * 1e6 / (double)us,
	    (double)us / n, (double)bytes / (double)us);
}

static gsize
normalise_once(const cJSON *job)
{
	g_autoptr(jp_posting) p = jp_posting_new();
	g_autoptr(GError) error = NULL;
	gsize len;

	p->external_id = jp_json_id(job, "id");
	p->title = g_strdup(jp_json_text(job, "title"));
	p->url = g_strdup(jp_json_text(job, "absolute_url"));
	p->description_html = jp_html_decode(jp_json_text(job, "content"), -1);
	len = strlen(p->description_html);
	jp_posting_add_place(p, jp_json_text(job, "location.name"));
	if (!jp_posting_normalise(p, "Bench", &error))
		g_error("%s", error->message);
	return len;
}

static void
tell_parts(const cJSON *jobs)
{
	g_autoptr(GPtrArray) html = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) text = g_ptr_array_new_with_free_func(g_free);
	g_auto(jp_tokens) tokens = JP_TOKENS_INIT;
	const cJSON *job;
	gsize html_bytes = 0, text_bytes = 0;
	gint64 began;

	cJSON_ArrayForEach (job, jobs) {
		g_ptr_array_add(html, jp_html_decode(jp_json_text(job, "content"), -1));
		html_bytes += strlen(html->pdata[html->len - 1]);
	}
	began = cpu_us();
	for (guint i = 0; i < html->len; i++)
		g_ptr_array_add(text, jp_html_to_text(html->pdata[i], -1, 0));
	tell_rate("html-to-text", html->len, html_bytes, cpu_us() - began);
	for (guint i = 0; i < text->len; i++)
		text_bytes += strlen(text->pdata[i]);
	began = cpu_us();
	for (guint i = 0; i < text->len; i++)
		jp_tokens_parse(&tokens, text->pdata[i], -1);
	tell_rate("tokens", text->len, text_bytes, cpu_us() - began);
	began = cpu_us();
	for (guint i = 0; i < text->len; i++)
		g_ptr_array_free(jp_skills_find(text->pdata[i]), TRUE);
	tell_rate("tokens-and-skills", text->len, text_bytes, cpu_us() - began);
}

static void
tell_speed(void)
{
	g_autofree char *body = recorded_read("boards/greenhouse/stripe.json");
	g_autoptr(cJSON) board = body ? cJSON_Parse(body) : NULL;
	const cJSON *jobs = jp_json_get(board, "jobs"), *job;
	gint64 began;
	gsize bytes = 0;
	guint n = 0;

	if (!jobs) {
		printf("# skipped: normalise (no recorded data)\n");
		return;
	}
	tell_parts(jobs);
	began = cpu_us();
	while (cpu_us() - began < SPEED_US) {
		cJSON_ArrayForEach (job, jobs) {
			bytes += normalise_once(job);
			n++;
		}
	}
	tell_rate("normalise", n, bytes, cpu_us() - began);
}

int
main(void)
{
	tell_labels();
	tell_speed();
	return 0;
}
