# Threads, garbage collection, big strings, hashes and forks.
# Both now: the first use of a digest loads it, and threads that do so at the same time may see half of it
# ("Digest::Base cannot be directly inherited").
require "digest/md5"
require "digest/sha2"

def churn(seed)
  random = Random.new(seed)
  table = {}
  30_000.times do |i|
    table["k#{random.rand(8000)}"] = "v" * random.rand(300)
    table.delete("k#{random.rand(8000)}") if i % 3 == 0
  end
  Digest::SHA256.hexdigest(table.sort.flatten.join)
end

puts (0...6).map { |seed| Thread.new { churn(seed) } }.map(&:value)

stress = Thread.new { 200.times { Array.new(500) { |i| "x" * i }; Thread.pass } }
20.times { GC.start; GC.compact if GC.respond_to?(:compact) rescue nil }
stress.join

children = (1..5).map { |n| fork { a = Array.new(3000) { |i| i.to_s * n }; exit!(a.size % 100 + n) } }
children.each { |pid| Process.wait(pid); puts "child #{$?.exitstatus}" }

big = +""
100_000.times { |i| big << i.to_s(36) }
puts big.bytesize, Digest::MD5.hexdigest(big)
puts (1..2000).inject(:*).to_s.size, (3**20_000).to_s[0, 40]
puts big.scan(/[a-f]+\d/).tally.sort_by { |k, v| [-v, k] }.first(5).inspect
