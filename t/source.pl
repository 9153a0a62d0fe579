# What t/source.t asks of the source: perl t/source.pl CHECK prints a line a finding, FILE:LINE: what.
use strict;
use warnings;
use File::Find;

my @files; # of the project, text, sorted; build/ and what git keeps for itself left out
find({
	no_chdir => 1,
	wanted => sub {
		$File::Find::prune = 1 if m{^\./(build|\.git)$};
		push @files, s{^\./}{}r if -f && $_ ne './.git' && !m{/corpus/} && !m{^\./t/data/} && !m{^\./examples/demo/.*\.http$};
	},
}, '.');
@files = sort @files;

sub matching { my ($pattern) = @_; return grep { /$pattern/ } @files }
sub slurp { my ($f) = @_; open(my $in, '<', $f) or die "$f: $!\n"; local $/; return scalar <$in> // '' }
sub line_of { my ($text, $at) = @_; return 1 + (substr($text, 0, $at) =~ tr/\n//) }
sub found { my ($f, $line, $what) = @_; print "$f:$line: $what\n" }

# C with comments and the insides of strings blanked, on the same lines; and the strings alone.
sub split_c {
	my ($text) = @_;
	my ($bare, $strings) = ('', '');
	while ($text =~ m{\G(/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|.)}gs) {
		my $t = $1;
		my $lines = $t =~ s/[^\n]//gr;
		if ($t =~ m{^/\*.}s) { $bare .= " $lines"; $strings .= $lines }
		elsif ($t =~ /^"./s) { $bare .= '""'; $strings .= $t }
		elsif (length $t > 1) { $bare .= "''" }
		else { $bare .= $t; $strings .= $lines }
	}
	return ($bare, $strings);
}
sub bare { return (split_c(slurp($_[0])))[0] }

sub each_line {
	my ($text, $do) = @_;
	my $n = 0;
	$do->($_, ++$n) for split /\n/, $text;
}

# The rooms in the order of the law.
sub rooms { return map { m{^([a-z]+)/ } ? $1 : () } split /\n/, slurp('lib/README') }

my %check;

# A room includes the header of a room above it, or what is its own.
$check{rooms} = sub {
	my $n = 0;
	my %at = map { $_ => ++$n } rooms();
	my %open = map { $_ => 1 } qw(base/limits.h base/embed.h base/bytes.h);
	for my $f (matching('^(lib|bin)/.*\.[ch]$')) {
		my ($mine) = $f =~ m{^lib/([^/]+)/};
		found($f, 1, "no room of that name in lib/README") if $mine && !$at{$mine};
		each_line(slurp($f), sub {
			my ($line, $i) = @_;
			return unless $line =~ m{^\s*#\s*include\s+"([^"]+)"};
			my $inc = $1;
			return if $inc eq 'sql.h' && ($mine // '') eq 'db';
			my ($room, $rest) = $inc =~ m{^([^/]+)/(.+)$};
			return found($f, $i, "\"$inc\" is no header of a room") if !$room || !$at{$room};
			return if $mine && $room eq $mine;
			found($f, $i, "\"$inc\" is not for other rooms")
				unless $rest eq "$room.h" || $open{$inc};
			found($f, $i, "$mine stands below $room on lib/README's page; only rooms above may be included")
				if $mine && $at{$room} > $at{$mine};
		});
	}
};

# Every file of the library has its line in the map, and every line its file.
$check{map} = sub {
	my %named = map { my $p = m{^lib/} ? $_ : "lib/$_"; $p => 1 }
		map { m{^\s+((?:lib/)?[a-z]+/[\w.-]+)} ? $1 : () } split /\n/, slurp('lib/README');
	for my $f (matching('^lib/[a-z]+/[^/]+$')) {
		next if $f =~ m{/internal\.h$} || $f =~ m{^lib/([a-z]+)/\1\.h$} || $f =~ /\.(mustache|tsv)$/;
		found($f, 1, 'has no line in lib/README') unless $named{$f};
	}
	for my $f (sort keys %named) {
		found('lib/README', 1, "names $f, which is not there") unless -e $f;
	}
};

# Calls that base or GLib have better, and a clock or dice of one's own.
$check{banned} = sub {
	my $never = join '|', qw(strcpy strcat strncpy sprintf vsprintf strtok gets atoi atol gmtime
		localtime ctime asctime mktemp system rand srand random drand48 alloca);
	my $clock = join '|', qw(time gettimeofday g_get_real_time g_random_int g_random_int_range
		g_date_time_new_now_utc g_date_time_new_now_local);
	for my $f (matching('\.[ch]$')) {
		each_line(bare($f), sub {
			my ($line, $i) = @_;
			found($f, $i, "$1() is banned") if $line =~ /(?<![\w.>])($never)\s*\(/;
			found($f, $i, "$1(): time and chance come from base")
				if $f =~ m{^(lib|bin)/} && $f ne 'lib/base/clock.c' && $line =~ /(?<![\w.>])($clock)\s*\(/;
			found($f, $i, 'a comment is /* */') if $line =~ m{//};
		});
	}
	for my $f (matching('^t/.*\.(t|c|sh)$')) {
		next if $f =~ m{^t/(source\.t|preload/)};
		each_line($f =~ /\.c$/ ? bare($f) : slurp($f) =~ s/^\s*#.*$//mgr, sub {
			my ($line, $i) = @_;
			found($f, $i, 'a test does not sleep') if $line =~ /(?<!\w)(sleep\s+[\d.]|u?sleep\s*\(|nanosleep\s*\(|g_usleep\s*\()/;
		});
	}
};

# Lengths of functions, files and lines.
$check{lengths} = sub {
	for my $f (matching('\.[ch]$')) {
		my $text = slurp($f);
		my $lines = ($text =~ tr/\n//);
		my $most = $f =~ m{^bin/} ? 300 : 700;
		found($f, $lines, "over $most lines") if $lines > $most && $f !~ m{^t/};
		found($f, $lines, 'over 1200 lines') if $lines > 1200;
		my ($start, $name) = (0, '');
		each_line(bare($f), sub {
			my ($line, $i) = @_;
			$name = $1 if $line =~ /^(\w+)\(/;
			$start = $i if $line eq '{';
			found($f, $start, "$name() has " . ($i - $start - 1) . ' lines, over 100')
				if $line eq '}' && $start && $i - $start - 1 > 100;
			$start = 0 if $line eq '}';
		});
		each_line($text, sub {
			my ($line, $i) = @_;
			1 while $line =~ s/^([^\t]*)\t/$1 . ' ' x (8 - length($1) % 8)/e;
			utf8::decode($line);
			found($f, $i, length($line) . ' columns, over 100') if length($line) > 100;
		});
	}
};

# Blanks at the end of a line, words that stand for work not done, places that are only ours.
$check{text} = sub {
	my $undone = join '|', map { "\\b$_\\b" } 'TO' . 'DO', 'FIX' . 'ME', 'X' . 'XX';
	my $ours = join '|', '/work' . '/(main|shared|\.library)', '/tmp' . '/jp/', 'proxy\.golang' . '\.org', 'deb\.debian' . '\.org',
		'pypi' . '\.org', 'registry\.npmjs', 'static\.crates' . '\.io';
	for my $f (@files) {
		my $text = slurp($f);
		next if $text =~ /\0/;
		found($f, line_of($text, length $text), 'no newline at the end') if length $text && $text !~ /\n\z/;
		each_line($text, sub {
			my ($line, $i) = @_;
			found($f, $i, 'blanks at the end of the line')
				if $line =~ /[ \t\r]$/ && $f !~ m{^(t/.*\.t|examples/demo/)};
			found($f, $i, "\"$1\": work is done or reported, not promised")
				if $line =~ /($undone)/ && $f !~ m{^(t/(lib\.(sh|t)|README)|examples/demo)};
			found($f, $i, "\"$1\" is a place on somebody's machine, or a registry") if $line =~ /($ours)/;
		});
	}
};

# A file says first what it is for.
$check{comments} = sub {
	my @begins = (['\.[ch]$', qr{^/\*}], ['\.sql$', qr{^--}], ['\.(sh|pl|t)$', qr{^#}],
		['\.py$', qr{^(#!.*\n)?("""|#)}], ['^man/', qr{^\.}]);
	for my $b (@begins) {
		for my $f (matching($b->[0])) {
			found($f, 1, 'does not begin with a comment that says what it is for')
				unless slurp($f) =~ $b->[1];
		}
	}
};

# No SQL in C: a statement lives in sql/ and has a name.  What a driver asks the engine about itself, and
# of tables that are the engine's own (whose name stands for a %s), is the driver's.  Tests may prepare what they like.
$check{sql} = sub {
	for my $f (matching('^(lib|bin)/.*\.[ch]$')) {
		each_line((split_c(slurp($f)))[1], sub {
			my ($line, $i) = @_;
			return if $f =~ m{^lib/db/sqlite} && $line =~ /sqlite_|fts5\(|%s/;
			return if $f =~ m{^lib/db/postgres} &&
				$line =~ /pg_|set_config|clock_timestamp|current_schema|jp_schema/;
			found($f, $i, "SQL in C: $1") if $line =~ /"\s*((SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\s[^"]{0,30})/;
		});
	}
};

# Every global symbol of the library, from nm on stdin, has the prefix and stands in a header.
$check{symbols} = sub {
	my $headers = join "\n", map { bare($_) } matching('^lib/.*\.h$');
	$headers .= slurp("$ENV{BUILD}/gen/sql.h");
	my %declared = map { $_ => 1 } $headers =~ /\b(jp_\w+)\b/g;
	while (my $line = <STDIN>) {
		next unless $line =~ /\s[BCDRTVW]\s+(\w+)$/;
		my $name = $1;
		next if $name =~ /^(__|_IO|asan\.|_ITM|_GLOBAL)/;
		if ($name !~ /^jp_/) { print "libjp.a: $name is global and has no prefix jp_\n" }
		elsif (!$declared{$name}) { print "libjp.a: $name is global and in no header\n" }
	}
};

# Foreign bytes are read by functions called _parse (and _read for texts); each has a fuzz target
# that names it, or stands in t/source.t's list of those that need none.
$check{parsers} = sub {
	my %exempt = map { $_ => 1 } @ARGV;
	my $fuzz = join "\n", map { bare($_) } matching('^t/fuzz/.*\.[ch]$');
	my %used = map { $_ => 1 } $fuzz =~ /\b(jp_\w+)\s*\(/g;
	for my $f (matching('^lib/.*\.h$')) {
		each_line(bare($f), sub {
			my ($line, $i) = @_;
			found($f, $i, "$1() has no fuzz target") if $line =~ /\b(jp_\w+_parse)\s*\(/ && !$used{$1} && !$exempt{$1};
		});
	}
	for my $name (sort keys %exempt) {
		print "t/source.t: $name() has a fuzz target, or is gone: take it off the list\n"
			if $used{$name} || !grep { slurp($_) =~ /\b$name\b/ } matching('^lib/.*\.h$');
	}
};

my $name = shift @ARGV // '';
die "t/source.pl: no check '$name'\n" unless $check{$name};
$check{$name}->();
