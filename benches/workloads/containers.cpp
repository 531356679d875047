// C++ containers that are built, searched and torn down. An operation is one element.
#include "workload.h"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

// As many elements are put into one container before it is torn down.
constexpr uint64_t ELEMENTS = 20000;

std::string text_of(generator &random, unsigned longest) {
    return std::string(1 + random_below(&random, longest), char('a' + random_below(&random, 26)));
}

// Calls `build` once for every ELEMENTS operations.
template <typename Build> void in_rounds(job *job, Build build) {
    uint64_t rounds = (job->operations + ELEMENTS - 1) / ELEMENTS;
    job->operations = rounds * ELEMENTS;
    generator random = random_from(9);
    job_start(job);
    for (uint64_t i = 0; i < rounds; i++) job->checksum = job->checksum * 3 + build(random);
    job_stop(job);
}

void tree(job *job) {
    in_rounds(job, [](generator &random) {
        std::map<uint64_t, std::string> tree;
        for (uint64_t i = 0; i < ELEMENTS; i++) tree[random_next(&random) >> 20] = text_of(random, 40);
        // A third goes, at places all over the tree, and comes back.
        uint64_t sum = 0, place = 0, gone = 0;
        for (auto at = tree.begin(); at != tree.end();) {
            sum = sum * 3 + at->first + at->second.size();
            at = ++place % 3 == 0 ? (gone++, tree.erase(at)) : std::next(at);
        }
        for (; gone > 0; gone--) tree[random_next(&random) >> 20] = text_of(random, 40);
        return sum + tree.size();
    });
}

void hash_map(job *job) {
    in_rounds(job, [](generator &random) {
        std::unordered_map<std::string, std::vector<uint64_t>> map;
        for (uint64_t i = 0; i < ELEMENTS; i++) {
            std::string key = "key of some length " + std::to_string(random_below(&random, ELEMENTS / 3));
            map[key].push_back(i);
        }
        uint64_t sum = 0;
        for (const auto &entry : map) sum += entry.first.size() * entry.second.back();
        return sum + map.size();
    });
}

// Nodes that own their names and know their neighbours, in a list; walked, then torn down.
void graph(job *job) {
    struct node {
        std::string name;
        std::vector<node *> neighbours;
        uint64_t seen = 0;
    };
    in_rounds(job, [](generator &random) {
        std::vector<std::unique_ptr<node>> nodes;
        std::list<node *> waiting;
        for (uint64_t i = 0; i < ELEMENTS; i++) {
            nodes.push_back(std::make_unique<node>());
            nodes.back()->name = text_of(random, 30);
            for (int edge = 0; edge < 3; edge++) {
                node *other = nodes[random_below(&random, nodes.size())].get();
                other->neighbours.push_back(nodes.back().get());
            }
        }
        uint64_t sum = 0;
        waiting.push_back(nodes.front().get());
        for (uint64_t order = 1; !waiting.empty(); order++) {
            node *one = waiting.front();
            waiting.pop_front();
            if (one->seen) continue;
            one->seen = order;
            sum = sum * 3 + one->name.size() + order;
            for (node *neighbour : one->neighbours)
                if (!neighbour->seen) waiting.push_back(neighbour);
        }
        return sum;
    });
}

// A vector of strings, copied, sorted by their last letters and joined.
void strings(job *job) {
    in_rounds(job, [](generator &random) {
        std::vector<std::string> lines;
        for (uint64_t i = 0; i < ELEMENTS; i++) lines.push_back(text_of(random, 100));
        std::vector<std::string> copies(lines);
        std::map<char, std::vector<std::string>> by_letter;
        for (std::string &line : copies) by_letter[line.back()].push_back(std::move(line));
        std::string joined;
        for (auto &entry : by_letter)
            for (std::string &line : entry.second) joined += line + ",";
        uint64_t sum = 0;
        for (size_t at = 0; at < joined.size(); at += 97) sum = sum * 3 + (unsigned char)joined[at];
        return sum + joined.size();
    });
}

} // namespace

int main(int count, char **words) {
    static const workload workloads[] = {
        {"tree", tree}, {"hash-map", hash_map}, {"graph", graph}, {"strings", strings}, {nullptr, nullptr},
    };
    return run_one_of(workloads, count, words);
}
