set -e
mkdir -p /tmp/classes
javac -d /tmp/classes Main.java
ls /tmp/classes
java -cp /tmp/classes Main one "two words"
cd /tmp && jar cfe main.jar Main -C classes . && java -jar main.jar
