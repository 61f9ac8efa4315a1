// Undo stack: order, byte budget, what is kept, and where the saved state is.
#include "core/document/undo_stack.h"

#include <QtTest>

using namespace cristae;

namespace {
class Addition : public UndoStep {
public:
    Addition(int& value, int amount, size_t size) : value_(value), amount_(amount), size_(size) {
        value_ += amount;
    }
    std::string words() const override { return "add " + std::to_string(amount_); }
    void undo() override { value_ -= amount_; }
    void redo() override { value_ += amount_; }
    size_t bytes() const override { return size_; }

private:
    int& value_;
    int amount_;
    size_t size_;
};
} // namespace

class TestUndoStack : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void orderAndWords() {
        int value = 0;
        UndoStack stack;
        QVERIFY(!stack.canUndo() && !stack.canRedo());
        QCOMPARE(stack.undoWords(), std::string());
        stack.undo();
        stack.redo();
        for (int i = 1; i <= 3; ++i) stack.push(std::make_unique<Addition>(value, i, 100));
        QCOMPARE(value, 6);
        QCOMPARE(stack.undoWords(), std::string("add 3"));
        stack.undo();
        stack.undo();
        QCOMPARE(value, 1);
        QCOMPARE(stack.redoWords(), std::string("add 2"));
        stack.redo();
        QCOMPARE(value, 3);
        stack.push(std::make_unique<Addition>(value, 10, 100));
        QVERIFY(!stack.canRedo());
        QCOMPARE(stack.bytes(), size_t(300));
        stack.clear();
        QCOMPARE(stack.bytes(), size_t(0));
        QVERIFY(!stack.canUndo());
    }

    void budgetHoldsButTheNewestTenStay() {
        int value = 0;
        UndoStack stack(1000);
        for (int i = 0; i < 200; ++i) {
            stack.push(std::make_unique<Addition>(value, 1, 30));
            QVERIFY(stack.bytes() <= 1000);
        }
        int undone = 0;
        for (; stack.canUndo(); ++undone) stack.undo();
        QCOMPARE(undone, 33);
        QCOMPARE(value, 167);
        for (; stack.canRedo();) stack.redo();
        QCOMPARE(value, 200);
        for (int i = 0; i < 20; ++i) stack.push(std::make_unique<Addition>(value, 1, 5000));
        for (undone = 0; stack.canUndo(); ++undone) stack.undo();
        QCOMPARE(undone, 10);
    }

    void savedState() {
        int value = 0;
        UndoStack stack;
        QVERIFY(stack.atSaved());
        stack.push(std::make_unique<Addition>(value, 1, 1));
        QVERIFY(!stack.atSaved());
        stack.push(std::make_unique<Addition>(value, 1, 1));
        stack.markSaved();
        stack.undo();
        QVERIFY(!stack.atSaved());
        stack.redo();
        QVERIFY(stack.atSaved());
        stack.undo();
        stack.push(
            std::make_unique<Addition>(value, 5, 1)); // as many steps as at the save, but another state
        QVERIFY(!stack.atSaved());
        stack.undo();
        QVERIFY(!stack.atSaved());
        stack.markSaved();
        QVERIFY(stack.atSaved());
    }
};

QTEST_GUILESS_MAIN(TestUndoStack)
#include "tst_undo_stack.moc"
