/*
 * Salaries in running text: "$120k - $150k", "60.000 € bis 75.000 € pro Jahr", "£45,000 per annum",
 * "EUR 4.500 brutto/Monat".  An amount counts only with a currency, an order of magnitude that fits
 * its period, and a word that speaks of pay; years of experience, funding and bonuses do not.
 */
#include <string.h>

#include "posting/internal.h"

struct amount {
	double value;
	gboolean in_thousands; /* had a k */
	const char *currency;  /* NULL: none beside it */
	const char *start, *end;
};

/* Bytes before and after an amount in which words are looked for. */
#define HEAD 110
#define TAIL 48
/* Amounts of one text that are judged: a text of nothing but prices must not cost a second. */
#define MAX_AMOUNTS 100

/* ---- numbers ------------------------------------------------------------------------- */

static gsize
blank_at(const char *p)
{
	if (*p == ' ')
		return 1;
	if (memcmp(p, "\302\240", MIN(strlen(p), 2)) == 0 && *p)
		return 2; /* no-break space */
	return strncmp(p, "\342\200\257", 3) == 0 || strncmp(p, "\342\200\211", 3) == 0 ? 3 : 0;
}

static guint
n_digits(const char *p)
{
	guint n = 0;

	while (g_ascii_isdigit(p[n]))
		n++;
	return n;
}

/* What separates groups of three digits at p, 0 for none. */
static gsize
group_separator(const char *p)
{
	gsize len = *p == ',' || *p == '.' || *p == '\'' ? 1 : blank_at(p);

	if (len == 0 && strncmp(p, "\342\200\231", 3) == 0)
		len = 3;
	return len && n_digits(p + len) == 3 ? len : 0;
}

/* Reads the number at p; its end, or NULL when it is no amount ("2024-10", "1.2.3", "401(k)"). */
static const char *
read_number(const char *p, double *value)
{
	guint n = n_digits(p);
	gsize sep;
	double v = 0;

	if (n == 0 || n > 9)
		return NULL;
	for (guint i = 0; i < n; i++)
		v = v * 10 + (p[i] - '0');
	p += n;
	while (n <= 3 && (sep = group_separator(p)) != 0) {
		p += sep;
		v = v * 1000 + (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
		p += 3;
	}
	if ((*p == '.' || *p == ',') && g_ascii_isdigit(p[1])) {
		guint decimals = n_digits(p + 1);

		if (decimals > 2)
			return NULL;
		v += (p[1] - '0') / 10.0 + (decimals == 2 ? (p[2] - '0') / 100.0 : 0);
		p += 1 + decimals;
	} else if (*p == ',' && p[1] == '-') {
		p += 2; /* "3.500,-" */
	}
	if (v > 1e9 || *p == '%')
		return NULL;
	*value = v;
	return p;
}

/* ---- currencies ---------------------------------------------------------------------- */

static const struct {
	const char *text, *code;
} currencies[] = {{"US$", "USD"}, {"CA$", "CAD"}, {"C$", "CAD"}, {"AU$", "AUD"}, {"A$", "AUD"},
    {"NZ$", "NZD"}, {"S$", "SGD"}, {"R$", "BRL"}, {"MX$", "MXN"}, {"HK$", "HKD"}, {"$", "USD"},
    {"€", "EUR"}, {"£", "GBP"}, {"₹", "INR"}, {"¥", "JPY"}, {"zł", "PLN"}, {"EUR", "EUR"},
    {"Euro", "EUR"}, {"euros", "EUR"}, {"USD", "USD"}, {"GBP", "GBP"}, {"CHF", "CHF"},
    {"CAD", "CAD"}, {"AUD", "AUD"}, {"SEK", "SEK"}, {"NOK", "NOK"}, {"DKK", "DKK"}, {"PLN", "PLN"},
    {"INR", "INR"}, {"SGD", "SGD"}, {"BRL", "BRL"}, {"NZD", "NZD"}, {"MXN", "MXN"}, {"HKD", "HKD"},
    {"JPY", "JPY"}, {"ZAR", "ZAR"}, {"CZK", "CZK"}, {"AED", "AED"}};

static gboolean
is_word_byte(char c)
{
	return g_ascii_isalpha(c);
}

static const char *
currency_before(const char *text, const char *p)
{
	for (guint i = 0; i < 2; i++)
		if (p > text && (p[-1] == ' ' || (guchar)p[-1] == 0xa0))
			p -= p[-1] == ' ' ? 1 : 2;
	for (guint i = 0; i < G_N_ELEMENTS(currencies); i++) {
		gsize len = strlen(currencies[i].text);

		if ((gsize)(p - text) < len || strncmp(p - len, currencies[i].text, len) != 0)
			continue;
		if (p - len > text && is_word_byte(p[-(gssize)len - 1]) &&
		    is_word_byte(p[-(gssize)len]))
			return NULL;
		return currencies[i].code;
	}
	return NULL;
}

static const char *
currency_after(const char *p, const char **end)
{
	p += blank_at(p);
	for (guint i = 0; i < G_N_ELEMENTS(currencies); i++) {
		gsize len = strlen(currencies[i].text);

		if (strncmp(p, currencies[i].text, len) != 0 ||
		    (is_word_byte(p[len - 1]) && is_word_byte(p[len])))
			continue;
		/* The sign of the next amount: "$10 $20". */
		if (currencies[i].text[len - 1] == '$' && g_ascii_isdigit(p[len]))
			return NULL;
		*end = p + len;
		return currencies[i].code;
	}
	return NULL;
}

static gboolean
read_amount(const char *text, const char *p, struct amount *a)
{
	*a = (struct amount){.start = p};
	if (p > text &&
	    (g_ascii_isalnum(p[-1]) || p[-1] == '.' || p[-1] == ',' || p[-1] == '#' ||
		p[-1] == '+'))
		a->currency = is_word_byte(p[-1]) ? currency_before(text, p) : NULL;
	else
		a->currency = currency_before(text, p);
	a->end = read_number(p, &a->value);
	if (!a->end)
		return FALSE;
	if ((*a->end == 'k' || *a->end == 'K') && !is_word_byte(a->end[1])) {
		a->in_thousands = TRUE;
		a->value *= 1000;
		a->end++;
	}
	if (!a->currency)
		a->currency = currency_after(a->end, &a->end);
	else
		(void)currency_after(a->end, &a->end); /* "$120,000 USD" */
	/* "$5M", "3 Mio. €": not pay. */
	return !is_word_byte(*a->end) || currency_before(text, a->end) != NULL;
}

/* ---- ranges -------------------------------------------------------------------------- */

static const char *
skip_blanks(const char *p)
{
	gsize n;

	while ((n = blank_at(p)) != 0)
		p += n;
	return p;
}

/* Goes past "per year", "/hr" and the like between the ends of a range. */
static const char *
skip_period(const char *p)
{
	static const char *const words[] = {"per hour", "per year", "per annum", "an hour",
	    "a year", "/hour", "/hr", "/year", "/yr", "/ hour", "/ year", "annually", "brutto",
	    "gross", "p.a."};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strncasecmp(p, words[i], strlen(words[i])) == 0)
			return skip_blanks(p + strlen(words[i]));
	return p;
}

/* Where the second amount's digits begin, behind a dash or "to"; NULL when there is none. */
static const char *
second_amount(const char *p)
{
	static const char *const joints[] = {"-", "–", "—", "‒", "to ", "bis ", "and ", "und ",
	    "à ", "a ", "bis zu ", "hasta ", "tot ", "till ", "y ", "et "};
	const char *q = NULL;

	p = skip_period(skip_blanks(p));
	for (guint i = 0; i < G_N_ELEMENTS(joints) && !q; i++)
		if (strncmp(p, joints[i], strlen(joints[i])) == 0)
			q = skip_blanks(p + strlen(joints[i]));
	if (!q)
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(currencies) && !g_ascii_isdigit(*q); i++)
		if (g_str_has_prefix(q, currencies[i].text))
			q = skip_blanks(q + strlen(currencies[i].text));
	return g_ascii_isdigit(*q) ? q : NULL;
}

/* ---- context ------------------------------------------------------------------------- */

static const char pay_words[] =
    "salary|salaries|salaried|range|income|scale|compensation|pay|wage|wages|base|remuneration|"
    "rate|ote|earnings|earn|gehalt|"
    "jahresgehalt|bruttogehalt|monatsgehalt|einstiegsgehalt|stundenlohn|lohn|verdienst|vergutung|"
    "brutto|salaire|remuneration|brut|salario|sueldo|retribucion|bruto|salaris|brutosalaris|"
    "maandsalaris|lon|stipendio|ral|retribuzione|vencimento|remuneracao|package|pays|paid";
static const char other_money[] =
    "raised|funding|funded|revenue|valuation|budget|budgets|bonus|bonuses|stipend|reimbursement|"
    "reimburse|allowance|referral|deductible|quota|savings|loan|401|tuition|credit|credits|match|"
    "donation|invest|invested|investment|investments|assets|arr|deals|deal|sales|contribution|"
    "equity|commission|commissions|insurance|fund|series|worth|budgetverantwortung|umsatz|zuschuss|"
    "sign|relocation|learning|wellness|monthly allowance|premium|praemie|pramie";

/* Offset of the last word of the list in the words, -1 for none. */
static gssize
last_of(const char *words, const char *list)
{
	gssize last = -1;

	while (*list) {
		gsize len = strcspn(list, "|");

		for (const char *p = words; (p = memmem(p, strlen(p), list, len)) != NULL; p++)
			if (p > words && p[-1] == ' ' && p[len] == ' ' && p - words > last)
				last = p - words;
		list += len + (list[len] == '|');
	}
	return last;
}

/* The words of a stretch of text; an end inside a character does no harm. */
static char *
words_of(const char *from, const char *to)
{
	return jp_token_words(from, to - from);
}

/* A period in the first words after the amount: "per year", "/hr", "brutto im Monat". */
static jp_period
period_after(const char *end)
{
	gsize len = strcspn(end, ".;\n");
	g_auto(jp_tokens) t = JP_TOKENS_INIT;

	/* "p.a." and "p. a." have their own dots. */
	if (g_ascii_strncasecmp(skip_blanks(end), "p.a.", 4) == 0 ||
	    g_ascii_strncasecmp(skip_blanks(end), "p. a.", 5) == 0)
		return JP_PERIOD_YEAR;
	jp_tokens_parse(&t, end, (gssize)MIN(len, TAIL));
	t.n = MIN(t.n, 4);
	return t.n && g_ascii_isdigit(*jp_tokens_at(&t, 0)) ? JP_PERIOD_UNKNOWN : jp_period_of(&t);
}

static jp_period
period_before(const char *words)
{
	static const struct {
		const char *words;
		jp_period period;
	} table[] = {{"hourly|per hour|hour|stundenlohn|stundensatz", JP_PERIOD_HOUR},
	    {"daily|day rate|tagessatz|tjm", JP_PERIOD_DAY},
	    {"monthly|per "
	     "month|monatsgehalt|monatlich|bruttomonatsgehalt|mensuel|mensual|maandsalaris|"
	     "manadslon|im monat",
		JP_PERIOD_MONTH},
	    {"annual|annually|yearly|per year|per annum|annum|year|jahresgehalt|bruttojahresgehalt|"
	     "jahrlich|jahreszielgehalt|annuel|anual|jaarsalaris|ral",
		JP_PERIOD_YEAR}};
	jp_period period = JP_PERIOD_UNKNOWN;
	gssize best = -1;

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		gssize at = last_of(words, table[i].words);

		if (at > best) {
			best = at;
			period = table[i].period;
		}
	}
	return period;
}

/* Whether a wage of this period can be as low and as high. */
static gboolean
is_plausible(double low, double high, jp_period period)
{
	switch (period) {
	case JP_PERIOD_HOUR:
		return low >= 4 && high <= 1000;
	case JP_PERIOD_DAY:
		return low >= 40 && high <= 10000;
	case JP_PERIOD_WEEK:
		return low >= 100 && high <= 20000;
	case JP_PERIOD_MONTH:
		return low >= 300 && high <= 500000;
	case JP_PERIOD_YEAR:
		return low >= 8000 && high <= 20000000;
	case JP_PERIOD_UNKNOWN:
		/* Without a word for it: what can hardly be anything but a year's. */
		return low >= 14000 && high <= 900000;
	}
	return FALSE;
}

/* ---- judging ------------------------------------------------------------------------- */

/* What stands around an amount or a range. */
struct finding {
	const struct amount *low, *high; /* the same for a single amount */
	double min, max;
	const char *currency;
	gboolean is_range;
	jp_period period;
	gssize pay;         /* bytes from the last word of pay to the amount; -1: none */
	gssize other;       /* the same for money that is no pay */
	gboolean pay_after; /* words of pay, and no others, behind it */
	gboolean is_target; /* what one may earn rather than what is paid */
	char last_word[16]; /* before it: "to", "from" */
};

static void
look_behind(struct finding *f, const char *end)
{
	g_autofree char *words = words_of(end, end + strnlen(end, TAIL));

	f->pay_after = last_of(words, other_money) < 0 && last_of(words, pay_words) >= 0;
	f->is_target = last_of(words, "ote|target|potential") >= 0;
	f->period = period_after(end);
}

static void
look_ahead(struct finding *f, const char *text)
{
	const char *start = f->low->start;
	const char *from = start - text > HEAD ? start - HEAD : text;
	g_autofree char *head = words_of(from, start);
	gssize len = (gssize)strlen(head), pay = last_of(head, pay_words);
	gssize other = last_of(head, other_money), cut;
	jp_period period;

	f->pay = pay < 0 ? -1 : len - pay;
	f->other = other < 0 ? -1 : len - other;
	if (f->period == JP_PERIOD_UNKNOWN && pay >= 0) {
		period = period_before(head);
		/* A word that far away must at least fit. */
		if (is_plausible(f->min, f->max, period) &&
		    !(period == JP_PERIOD_MONTH && f->max > 50000))
			f->period = period;
	}
	/* The currency may be a word of its own before the amount. */
	g_strchomp(head);
	if (f->low->currency && g_str_has_suffix(head, " eur"))
		head[strlen(head) - 4] = '\0';
	cut = (gssize)strlen(head);
	while (cut > 0 && head[cut - 1] != ' ')
		cut--;
	g_strlcpy(f->last_word, head + cut, sizeof(f->last_word));
}

static gboolean
is_among(const char *word, const char *list)
{
	char padded[20];

	g_snprintf(padded, sizeof(padded), "|%s|", word);
	return *word && strstr(list, padded) != NULL;
}

/* A range speaks for itself where it has a period or a word of pay near; single amounts must be
 * closer to theirs. */
static gboolean
is_pay(const struct finding *f)
{
	gssize pay = f->pay_after ? 0 : f->pay;
	gboolean has_period = f->period != JP_PERIOD_UNKNOWN;

	if (!is_plausible(f->min, f->max, f->period))
		return FALSE;
	/* Other money counts against it when it is nearer than pay, and near. */
	if (f->other >= 0 && (pay < 0 || f->other < pay) && f->other < (f->is_range ? 30 : 70))
		return FALSE;
	if (f->is_range)
		return pay >= 0 || has_period || f->high->in_thousands;
	if (f->is_target)
		return FALSE;
	if (pay >= 0)
		return has_period || pay < 45;
	return f->period == JP_PERIOD_HOUR || (f->period == JP_PERIOD_YEAR && f->min >= 15000);
}

/* "up to $90,000" has no lower end, "from £40,000" and "$85,000+" no upper one. */
static void
open_ends(struct finding *f)
{
	if (f->is_range)
		return;
	if (is_among(f->last_word, "|to|zu|maximum|max|jusqu|hasta|tot|ate|fino|upp|under|"))
		f->min = 0;
	else if (*f->high->end == '+' ||
	    is_among(f->last_word,
		"|from|starting|starts|at|ab|minimum|least|over|min|vanaf|desde|"
		"partir|von|fran|"))
		f->max = 0;
}

/* One amount or range; sets the salary when the context speaks for it, or widens the one found just
 * before by another zone's or level's range. */
static gboolean
accept(jp_posting *p, const char *text, const struct amount *low, const struct amount *high,
    const char *previous)
{
	struct finding f = {.low = low, .high = high, .min = low->value, .max = high->value};

	f.currency = low->currency ? low->currency : high->currency;
	f.is_range = low != high;
	/* "120-150k" */
	if (f.is_range && high->in_thousands && !low->in_thousands && f.min < 1000)
		f.min *= 1000;
	if (f.max < f.min || f.max > 6 * f.min)
		return FALSE;
	look_behind(&f, high->end);
	look_ahead(&f, text);
	/* Bare numbers count right behind the word only: "Salary: 120,000 - 140,000". */
	if (!f.currency && (!f.is_range || f.pay < 0 || f.pay > 40 || f.min < 10000))
		return FALSE;
	if (previous) {
		if (!f.is_range || low->start - previous > 250 ||
		    (f.other >= 0 && f.other < 30 && (f.pay < 0 || f.other < f.pay)))
			return FALSE;
		if (f.period == JP_PERIOD_UNKNOWN && is_plausible(f.min, f.max, p->salary_period))
			f.period = p->salary_period;
	} else if (!is_pay(&f)) {
		return FALSE;
	}
	if (!previous)
		open_ends(&f);
	jp_posting_set_salary(p, f.min, f.max, f.currency, jp_period_word(f.period));
	return TRUE;
}

gboolean
jp_salary_find(jp_posting *p, const char *text)
{
	const char *previous = NULL; /* end of the range that was accepted */
	guint n = 0;

	for (const char *q = text; n < MAX_AMOUNTS && (q = strpbrk(q, "0123456789")) != NULL;) {
		struct amount low, high;
		const char *second;

		if (!read_amount(text, q, &low)) {
			q += n_digits(q);
			continue;
		}
		second = second_amount(low.end);
		if (second && read_amount(text, second, &high)) {
			q = high.end;
			n++;
			if (accept(p, text, &low, &high, previous))
				previous = high.end;
			continue;
		}
		q = low.end;
		if (previous || !low.currency)
			continue;
		n++;
		if (accept(p, text, &low, &low, NULL))
			return TRUE;
	}
	return previous != NULL;
}

gboolean
jp_posting_read_salary(jp_posting *p, const char *text)
{
	/* a field of pay speaks of pay, whatever words it uses */
	g_autofree char *clean = jp_text_clean(text, -1, 200, FALSE);
	g_autofree char *said = g_strconcat("Salary: ", clean, NULL);

	return jp_salary_find(p, said);
}
