// Threads that fill and empty containers and hand objects to each other: every object holds what was put
// into it, and is aligned as its type says.
// shows: c++: containers in many threads
// shows: c++: std::pmr::new_delete_resource
// link: -static
// link: -static-pie -fPIE
// link: -pie -fPIE
// link: -static -O2 -flto
#include "check.hpp"

#include <deque>
#include <map>
#include <memory_resource>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

struct alignas(256) Wide {
    std::size_t number;
    char rest[300];
    explicit Wide(std::size_t n) : number(n) { CHECK(is_aligned(this, 256)); }
};

static std::mutex lock;
static std::deque<std::unique_ptr<Wide>> shared;

static void work(unsigned seed)
{
    std::unordered_map<unsigned, std::string> words;
    std::map<std::string, std::vector<unsigned>> numbers;
    unsigned state = seed * 2654435761u + 1;
    auto next = [&state] { return state = state * 1664525u + 1013904223u; };
    for (int i = 0; i < 20000; i++) {
        unsigned key = next() >> 22;
        std::string text(key % 200, static_cast<char>('a' + key % 26));
        if (next() >> 31) {
            words[key] = text;
            numbers[text].push_back(key);
        } else {
            auto found = words.find(key);
            if (found != words.end()) {
                CHECK(found->second == text);
                words.erase(found);
                for (unsigned number : numbers[text])
                    CHECK(number % 200 == text.size());
                numbers.erase(text);
            }
        }
        if (i % 16 == 0) {
            auto wide = std::make_unique<Wide>(i);
            std::lock_guard guard(lock);
            shared.push_back(std::move(wide));
            if (shared.size() > 100) {
                CHECK(shared.front()->number % 16 == 0);
                shared.pop_front();
            }
        }
    }
}

int main()
{
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 6; i++)
        threads.emplace_back(work, i);
    for (std::thread &thread : threads)
        thread.join();

    std::pmr::memory_resource *resource = std::pmr::new_delete_resource();
    for (std::size_t alignment = 1; alignment <= 8192; alignment *= 2) {
        for (std::size_t size : {1, 63, 1000, 70000}) {
            void *block = resource->allocate(size, alignment);
            CHECK(is_aligned(block, alignment));
            std::memset(block, 1, size);
            resource->deallocate(block, size, alignment);
        }
    }
    std::pmr::unsynchronized_pool_resource pool(resource);
    std::pmr::map<int, std::pmr::string> map(&pool);
    for (int i = 0; i < 5000; i++)
        map.emplace(i, std::string(i % 100, 'y'));
    for (const auto &[key, value] : map)
        CHECK(value.size() == static_cast<std::size_t>(key % 100));
    return 0;
}
