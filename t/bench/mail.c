/*
 * Digests composed, rendered and written as messages per second, 25 postings each, beside the same
 * work in Python's email package with str.format.  Figures one a line: name, value, unit.
 */
#include "../unit/mail-sample.h"

#include <stdio.h>
#include <sys/resource.h>

#define POSTINGS 25
#define SECONDS  3

static const char peer[] =
    "import html, resource, time\n"
    "from email.message import EmailMessage\n"
    "from email.policy import SMTP\n"
    "T = '{title}\\n  {company}, {place}\\n  {facts}\\n  Match {score}/100: {why}\\n  {snippet}\\n"
    "  {url}\\n\\n'\n"
    "H = '<tr><td style=\"padding:0 28px\"><h3 style=\"margin:0;font-size:17px\"><a href=\"{url}\" "
    "style=\"color:#0b57d0\">{title}</a></h3><p style=\"margin:3px 0 0\"><b>{company}</b>, {place}"
    "</p><p style=\"margin:2px 0 0\">{facts}</p><p style=\"margin:7px 0 0\">{snippet}</p>"
    "<p style=\"margin:7px 0 0\">Match {score}/100: {why}</p></td></tr>\\n'\n"
    "def item(i):\n"
    "    return dict(title='Senior Rust Engineer %d' % i, company='Kiel & Sons', score=92 - i,\n"
    "        place='Rotterdam, Netherlands', why='title has \"rust\"; Rotterdam is near',\n"
    "        facts='Hybrid \\u00b7 full-time \\u00b7 70,000\\u201390,000 EUR/year',\n"
    "        snippet='You keep the locks of forty canals turning: schedulers, sensors and the '\n"
    "        'small programs between them. We pair, we ship on Tuesdays, we go home.',\n"
    "        url='https://boards.example/acme/jobs/1017')\n"
    "def message(n):\n"
    "    items = [item(i) for i in range(25)]\n"
    "    m = EmailMessage(policy=SMTP)\n"
    "    m['From'] = 'River Jobs <digest@jobs.example>'\n"
    "    m['To'] = 'Anna \\u00d6berg <anna@reader.example>'\n"
    "    m['Subject'] = '25 new jobs: Senior Rust Engineer at Kiel & Sons and 24 more'\n"
    "    m['Message-ID'] = '<%d@mail.jobs.example>' % n\n"
    "    m.set_content(''.join(T.format(**i) for i in items))\n"
    "    esc = [{k: html.escape(str(v)) for k, v in i.items()} for i in items]\n"
    "    m.add_alternative('<table>' + ''.join(H.format(**i) for i in esc) + '</table>',\n"
    "        subtype='html')\n"
    "    return m.as_bytes()\n"
    "start, n = time.monotonic(), 0\n"
    "while time.monotonic() - start < 3:\n"
    "    message(n)\n"
    "    n += 1\n"
    "print('mail_compose_python\\t%.0f\\tmessages/s' % (n / (time.monotonic() - start)))\n"
    "print('mail_compose_python_peak\\t%d\\tKiB' %\n"
    "    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n";

static void
fill(sample *s)
{
	for (int i = 0; i < POSTINGS; i++) {
		jp_digest_item *item = sample_add(
		    s, "Rust in Rotterdam", "Senior Rust Engineer", "Kiel & Sons", 92 - i);

		item->place = "Rotterdam, Netherlands";
		item->remote = "hybrid";
		item->type = "full_time";
		item->salary = "70,000–90,000 EUR/year";
		item->posted_at = s->digest.now - i * JP_DAY;
		item->description =
		    "You keep the locks of forty canals turning: schedulers, sensors and "
		    "the small programs between them. We pair, we ship on Tuesdays, we go "
		    "home.";
		sample_reasons(s, item,
		    "[{\"points\":40,\"what\":\"title has \\\"rust\\\"\"},"
		    "{\"points\":20,\"what\":\"Rotterdam is near\"}]");
	}
}

static gsize
compose(sample *s)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *subject = NULL, *text = NULL, *html = NULL;
	g_autoptr(GBytes) bytes = NULL;

	if (jp_digest_compose(s->templates, s->conf, &s->digest, &subject, &text, &html, &error))
		bytes = jp_message_write(s->conf, &s->digest, subject, text, html, &error);
	g_assert_no_error(error);
	return g_bytes_get_size(bytes);
}

static void
run_peer(void)
{
	const char *argv[] = {"python3", "-c", peer, NULL};
	g_autofree char *out = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_spawn_sync(NULL, (char **)(guintptr)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
		&out, NULL, NULL, &error))
		printf("# skipped: mail_compose_python (%s)\n", error->message);
	else
		fputs(out, stdout);
}

int
main(void)
{
	gint64 began = jp_monotonic_us(), us;
	struct rusage used;
	gsize size = 0, n = 0;
	sample s;

	sample_init(&s, sample_site);
	fill(&s);
	do {
		size = compose(&s);
		us = jp_monotonic_us() - began;
		n++;
	} while (us < SECONDS * G_USEC_PER_SEC);
	g_assert_cmpint(getrusage(RUSAGE_SELF, &used), ==, 0);
	printf("mail_compose\t%.0f\tmessages/s\n", (double)n * G_USEC_PER_SEC / (double)us);
	printf("mail_compose_peak\t%ld\tKiB\n", used.ru_maxrss);
	printf("mail_compose_size\t%zu\tbytes\n", size);
	sample_clear(&s);
	fflush(stdout);
	run_peer();
	return 0;
}
