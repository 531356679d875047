// Heavy on templates, so that the compiler allocates a lot.
#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N> struct Tree {
    Tree<N - 1> left;
    std::tuple<std::integral_constant<int, N>, std::array<char, N + 1>> value;
    static constexpr long sum = Tree<N - 1>::sum * 2 + N;
};
template <> struct Tree<0> { static constexpr long sum = 1; };

template <std::size_t... I> auto table(std::index_sequence<I...>) {
    return std::array<long, sizeof...(I)>{Tree<static_cast<int>(I % 40)>::sum...};
}

template <typename... T> struct Shapes {
    std::variant<T...> shape;
    template <typename F> auto with(F f) const { return std::visit(f, shape); }
};

template <int N> struct Shape { double area() const { return N * 1.5; } };

template <std::size_t... I> double areas(std::index_sequence<I...>) {
    std::vector<Shapes<Shape<static_cast<int>(I)>...>> all;
    (all.push_back({Shape<static_cast<int>(I)>{}}), ...);
    return std::accumulate(all.begin(), all.end(), 0.0, [](double sum, auto const &one) {
        return sum + one.with([](auto const &shape) { return shape.area(); });
    });
}

int main() {
    auto values = table(std::make_index_sequence<200>{});
    std::map<std::string, std::unordered_map<int, std::vector<std::shared_ptr<std::string>>>> nested;
    std::vector<std::thread> threads;
    std::vector<std::size_t> sizes(4);
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&sizes, thread] {
            std::map<int, std::string> mine;
            for (int i = 0; i < 20000; ++i) mine[(i * 7919) % 5003] += std::string(i % 50, 'x');
            for (auto const &entry : mine) sizes[thread] += entry.second.size();
        });
    for (auto &thread : threads) thread.join();
    for (int i = 0; i < 3000; ++i)
        nested["k" + std::to_string(i % 97)][i % 13].push_back(std::make_shared<std::string>(i % 60, 'y'));
    std::size_t total = 0;
    for (auto &outer : nested)
        for (auto &inner : outer.second)
            for (auto &text : inner.second) total += text->size();
    std::regex pattern("([a-z]+)-(\\d+)");
    std::smatch match;
    std::string text = "arena-42";
    std::cout << std::regex_match(text, match, pattern) << ' ' << match[2] << '\n'
              << std::accumulate(values.begin(), values.end(), 0L) << ' '
              << areas(std::make_index_sequence<24>{}) << ' ' << total << ' '
              << std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}) << '\n';
}
