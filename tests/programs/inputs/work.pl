use strict;
use warnings;
use Digest::SHA qw(sha1_hex);

# Hashes, strings, regular expressions, sorting and closures.
my $state = 12345;
sub next_number { $state = ($state * 1103515245 + 12345) % 2147483648; return $state; }

my %table;
for my $i (1 .. 120_000) {
    my $key = "k" . (next_number() % 40_000);
    $table{$key} .= chr(97 + $i % 26) x (next_number() % 30);
    delete $table{"k" . (next_number() % 40_000)} if $i % 4 == 0;
}
print "hash ", scalar(keys %table), " ", sha1_hex(join "", map { "$_=$table{$_}" } sort keys %table), "\n";

my @lines = map { join " ", map { next_number() % 1000 } 1 .. 20 } 1 .. 5000;
my $text = join "\n", @lines;
my $count = () = $text =~ /\b(\d)\d\1\b/g;
(my $changed = $text) =~ s/(\d+) (\d+)/$2-$1/g;
print "regex $count ", sha1_hex($changed), "\n";

my @sorted = sort { $a->[1] <=> $b->[1] || $a->[0] cmp $b->[0] } map { [$_, length $_] } @lines;
print "sort ", sha1_hex(join "|", map { $_->[0] } @sorted), "\n";

my $big = "";
$big .= sprintf("%08d", $_) for 1 .. 200_000;
print "string ", length($big), " ", sha1_hex($big), "\n";

my @children;
for my $n (1 .. 4) {
    my $pid = fork() // die "fork: $!";
    if ($pid == 0) { my @a = map { "x" x $_ } 1 .. 2000; exit(@a % 200 + $n); }
    push @children, $pid;
}
for my $pid (@children) { waitpid $pid, 0; print "child ", $? >> 8, "\n"; }
