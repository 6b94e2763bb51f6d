// The program's first object: it has no templates of its own.
extern int late_main();
int main() { return late_main(); }
