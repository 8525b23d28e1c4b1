// Tells a second window of this browser to ask at once, instead of within two seconds.
if ("BroadcastChannel" in window) new BroadcastChannel("opsa-screen").postMessage("look");
