// When memory has run out, operator new calls the new_handler again and again, until there is memory, the
// handler throws, or no handler is left, which makes it throw std::bad_alloc. Nothrow forms return
// null instead of letting anything through.
// shows: c++: new_handler is called until memory is found
// shows: c++: what a new_handler throws
// shows: c++: nothrow new returns null when the handler throws
// shows: c++: new_handler that ends the thread or the process
// compile: -O0
// compile: -O2
// link: -static
// link: -static-pie -fPIE
// link: -no-pie
// link: -pie -fPIE
// link: -static -O2 -flto
// link: -static -Wl,--whole-archive
#include "check.hpp"

#include <pthread.h>
#include <sys/wait.h>

static int calls;
static void *reserve;

struct Special {
    int code;
};

// Objects on the stack between the throw and the catch.
static int alive;
struct Witness {
    Witness() { alive++; }
    ~Witness() { alive--; }
};

using Form = void *(*)(std::size_t);

static const Form throwing[] = {
    [](std::size_t n) { return ::operator new(n); },
    [](std::size_t n) { return ::operator new[](n); },
    [](std::size_t n) { return ::operator new(n, std::align_val_t(64)); },
    [](std::size_t n) { return ::operator new[](n, std::align_val_t(64)); },
};
static const Form silent[] = {
    [](std::size_t n) { return ::operator new(n, std::nothrow); },
    [](std::size_t n) { return ::operator new[](n, std::nothrow); },
    [](std::size_t n) { return ::operator new(n, std::align_val_t(64), std::nothrow); },
    [](std::size_t n) { return ::operator new[](n, std::align_val_t(64), std::nothrow); },
};

__attribute__((noinline)) static void *deep(Form form, std::size_t size, int depth)
{
    Witness witness;
    void *block = depth == 0 ? form(opaque(size)) : deep(form, size, depth - 1);
    opaque(&witness);
    return block;
}

static void free_the_reserve()
{
    calls++;
    std::free(reserve);
    reserve = nullptr;
    std::set_new_handler(nullptr);
}

static void count_to_five()
{
    if (++calls == 5)
        std::set_new_handler(nullptr);
}

static void throw_special()
{
    Witness witness;
    calls++;
    throw Special{calls};
}

static void throw_bad_alloc() { throw std::bad_alloc(); }

static void throw_number_at_third()
{
    if (++calls == 3)
        throw 42;
}

static void check_success(Form form)
{
    // Under `main` the limit leaves room for one of the two.
    reserve = std::malloc(96 * MIB);
    CHECK(reserve != nullptr);
    calls = 0;
    std::set_new_handler(free_the_reserve);
    void *block = form(90 * MIB);
    CHECK(block != nullptr && calls == 1 && reserve == nullptr);
    static_cast<char *>(block)[90 * MIB - 1] = 1;
    std::free(block);
    CHECK(std::get_new_handler() == nullptr);
}

static void check_throwing(Form form)
{
    // Without a handler: std::bad_alloc at once.
    std::set_new_handler(nullptr);
    bool caught = false;
    try {
        deep(form, TOO_MUCH, 10);
    } catch (const std::bad_alloc &error) {
        caught = std::strcmp(error.what(), "std::bad_alloc") == 0;
    }
    CHECK(caught && alive == 0);

    calls = 0;
    caught = false;
    std::set_new_handler(count_to_five);
    try {
        deep(form, TOO_MUCH, 10);
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught && calls == 5 && alive == 0);

    calls = 0;
    int code = 0;
    std::set_new_handler(throw_special);
    try {
        deep(form, TOO_MUCH, 10);
    } catch (const std::bad_alloc &) {
        CHECK(!"not what the handler threw");
    } catch (const Special &special) {
        code = special.code;
    }
    CHECK(code == 1 && alive == 0 && std::get_new_handler() == throw_special);

    calls = 0;
    int number = 0;
    std::set_new_handler(throw_number_at_third);
    try {
        deep(form, TOO_MUCH, 10);
    } catch (int thrown) {
        number = thrown;
    }
    CHECK(number == 42 && calls == 3 && alive == 0);
}

static void check_silent(Form form)
{
    for (std::new_handler handler : {std::new_handler(nullptr), std::new_handler(throw_special),
                                     std::new_handler(throw_bad_alloc),
                                     std::new_handler(throw_number_at_third),
                                     std::new_handler(count_to_five)}) {
        calls = 0;
        std::set_new_handler(handler);
        // More than once, and while another exception is being handled.
        CHECK(deep(form, TOO_MUCH, 10) == nullptr);
        CHECK(calls == (handler == throw_special           ? 1
                        : handler == throw_number_at_third ? 3
                        : handler == count_to_five         ? 5
                                                           : 0));
        calls = 0;
        std::set_new_handler(handler);
        try {
            throw 7L;
        } catch (long seven) {
            CHECK(deep(form, TOO_MUCH, 10) == nullptr && seven == 7);
            CHECK(std::current_exception() != nullptr);
        }
        CHECK(std::current_exception() == nullptr && std::uncaught_exceptions() == 0);
        CHECK(alive == 0);
    }
}

// A handler that ends the thread: the stack is unwound through operator new, nothing is swallowed.
static void end_thread() { pthread_exit(&calls); }

static void *run_out(void *argument)
{
    deep(*static_cast<const Form *>(argument), TOO_MUCH, 10);
    return nullptr;
}

static void check_end_of_thread(Form form)
{
    std::set_new_handler(end_thread);
    pthread_t thread;
    void *result = nullptr;
    CHECK(pthread_create(&thread, nullptr, run_out, &form) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == &calls && alive == 0);
    std::set_new_handler(nullptr);
}

static void check_end_of_process(std::new_handler handler, Form form, int status_wanted)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        std::set_new_handler(handler);
        form(TOO_MUCH);
        _exit(99);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(status == status_wanted);
}

int main()
{
    for (Form form : throwing)
        check_throwing(form);
    for (Form form : silent)
        check_silent(form);
    for (Form form : throwing)
        check_end_of_thread(form);
    for (Form form : {throwing[0], throwing[3], silent[0], silent[3]}) {
        check_end_of_process([] { std::exit(3); }, form, 3 << 8);
        check_end_of_process([] { std::abort(); }, form, 6);
    }
    std::set_new_handler(nullptr);
    limit_address_space(150 * MIB);
    for (Form form : throwing)
        check_success(form);
    for (Form form : silent)
        check_success(form);
    return 0;
}
