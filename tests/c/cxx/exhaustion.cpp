// Memory that really runs out, in one thread and in several: std::bad_alloc reaches the program, which can
// then give its memory back and go on.
// shows: c++: containers that grow until memory runs out
// seconds: 120
// link: -static
// link: -pie -fPIE
#include "check.hpp"

#include <list>
#include <memory>
#include <thread>
#include <vector>

template <typename Grow> static std::size_t grow_until_bad_alloc(Grow grow)
{
    std::size_t steps = 0;
    try {
        for (;; steps++)
            grow();
    } catch (const std::bad_alloc &) {
    }
    return steps;
}

static void one_round()
{
    {
        std::vector<std::size_t> numbers;
        grow_until_bad_alloc([&] { numbers.push_back(numbers.size()); });
        CHECK(numbers.size() > 1000);
        for (std::size_t i = 0; i < numbers.size(); i++)
            CHECK(numbers[i] == i);
    }
    {
        std::list<std::size_t> numbers;
        grow_until_bad_alloc([&] { numbers.push_back(numbers.size()); });
        std::size_t expected = 0;
        for (std::size_t number : numbers)
            CHECK(number == expected++);
        CHECK(expected > 1000);
    }
    {
        std::list<std::unique_ptr<char[]>> blocks;
        std::size_t size = 1;
        grow_until_bad_alloc([&] {
            blocks.emplace_back(new char[size]);
            blocks.back()[size - 1] = 1;
            size = size * 2 % 1000003 + 1;
        });
        CHECK(blocks.size() > 10);
    }
}

int main()
{
    // Threads are made before the limit, since their stacks count, too.
    constexpr int THREADS = 3;
    std::vector<std::thread> threads;
    int started[2], go[2];
    CHECK(pipe(started) == 0 && pipe(go) == 0);
    for (int i = 0; i < THREADS; i++) {
        threads.emplace_back([&] {
            delete opaque(new int(1));
            char byte = 0;
            CHECK(write(started[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1);
            std::list<std::size_t> numbers;
            grow_until_bad_alloc([&] { numbers.push_back(numbers.size()); });
            std::size_t expected = 0;
            for (std::size_t number : numbers)
                CHECK(number == expected++);
        });
    }
    char byte = 0;
    for (int i = 0; i < THREADS; i++)
        CHECK(read(started[0], &byte, 1) == 1);
    limit_address_space(48 * MIB);
    one_round();
    one_round();
    for (int i = 0; i < THREADS; i++)
        CHECK(write(go[1], &byte, 1) == 1);
    for (std::thread &thread : threads)
        thread.join();
    one_round();
    return 0;
}
